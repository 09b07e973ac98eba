// Troubles that are made on purpose, and what finds them: near the end of the lesson.

extension Lesson {
  /// Trouble on purpose.
  static func troubles(in language: Language) -> Section {
    Section(
      language("Trouble on purpose, and who finds it", "Problemas a propósito, y quién los encuentra"),
      .text(
        language(
          """
          `--scene` makes what goes wrong at three in the morning. `why` says what is the matter with one port, \
          `doctor` what is wrong anywhere. Here is a server that does not call `accept`, so that its queue is full:
          """,
          """
          `--scene` crea lo que falla a las tres de la mañana. `why` dice qué pasa con un puerto, `doctor` qué va mal \
          en cualquier parte. Este es un servidor que no llama a `accept`, de modo que su cola está llena:
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --scene accept-queue
          accept-queue  127.0.0.1:1234  process 4151
            made  server: listen() with a backlog of 2, which takes 3, and no accept().
                  Clients: connect(), 6 of them.
          ...
          kept until Ctrl-C
          """#,
          #"""
          $ sockinspect listen-demo --scene accept-queue --lang es
          accept-queue  127.0.0.1:1234  proceso 4151
            cómo  servidor: listen() con un backlog de 2, en el que caben 3, y ningún
                  accept(). Clientes: connect(), 6 de ellos.
          ...
          se mantiene hasta Ctrl-C
          """#)),
      .session(
        language(
          #"""
          $ sockinspect why --unreachable 127.0.0.1:1234
          127.0.0.1:1234: the accept queue of sockinspect[4151] is full: it accepts too slowly, and new clients wait
          ...
          $ sockinspect doctor --only accept-queue
          error accept-queue: tcp 127.0.0.1:1234, sockinspect[4151]: the accept queue is full
          ...
          """#,
          #"""
          $ sockinspect why --unreachable 127.0.0.1:1234 --lang es
          127.0.0.1:1234: la cola de aceptación de sockinspect[4151] está llena: acepta despacio y los clientes nuevos esperan
          ...
          $ sockinspect doctor --only accept-queue --lang es
          error accept-queue: tcp 127.0.0.1:1234, sockinspect[4151]: la cola de aceptación está llena
          ...
          """#)),
      .text(
        language(
          """
          A leak shows in its ages: under load all connections would be young; these grow older as long as the \
          server runs. \
          (Without `--threshold` it takes a minute until `doctor` calls it one.)
          """,
          """
          Una fuga se ve en las edades: con mucha carga todas serían jóvenes, y estas siguen mientras dure el \
          servidor. (Sin `--threshold`, `doctor` tarda un minuto en darla por tal.)
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --scene close-wait
          close-wait  127.0.0.1:1234  process 4163
          ...
          kept until Ctrl-C
          """#,
          #"""
          $ sockinspect listen-demo --scene close-wait --lang es
          close-wait  127.0.0.1:1234  proceso 4163
          ...
          se mantiene hasta Ctrl-C
          """#)),
      .session(
        language(
          #"""
          $ sockinspect doctor --threshold close-wait-age=2s
          ...
          warning close-wait: sockinspect[4163]: the process does not close what its peers have closed
          ...
          """#,
          #"""
          $ sockinspect doctor --threshold close-wait-age=2s --lang es
          ...
          aviso close-wait: sockinspect[4163]: el proceso no cierra lo que sus clientes o servidores cerraron
          ...
          """#)),
      .text(
        language(
          "And the port that is taken although the server is gone: a child has its listener.",
          "Y el puerto ocupado aunque el servidor ya no existe: un hijo tiene su socket.")),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --scene inherited
          inherited  127.0.0.1:1234  process 4178
          ...
          kept until Ctrl-C
          """#,
          #"""
          $ sockinspect listen-demo --scene inherited --lang es
          inherited  127.0.0.1:1234  proceso 4178
          ...
          se mantiene hasta Ctrl-C
          """#)),
      .session(
        language(
          #"""
          $ sockinspect why 1234
          1234 is taken: cat[4178] has the listener of a server that has ended, and serves nobody
          ...
          $ sockinspect doctor --only inherited
          warning inherited: tcp 127.0.0.1:1234, cat[4178]: a program that never serves has the listener
          ...
          """#,
          #"""
          $ sockinspect why 1234 --lang es
          1234 está ocupado: cat[4178] tiene el socket de un servidor que ya acabó, y no atiende a nadie
          ...
          $ sockinspect doctor --only inherited --lang es
          aviso inherited: tcp 127.0.0.1:1234, cat[4178]: tiene el socket que escucha un programa que nunca atiende
          ...
          """#)))
  }
}
