extension Picture {
  /// The states of TCP and the transitions between them (RFC 9293, figure 5, in the kernel's
  /// spelling).
  ///
  /// The transition from LISTEN to SYN_SENT by sending, which RFC 9293 has and Linux does not, is
  /// left out. Every box is drawn once, except CLOSE, where the transitions begin at the top and
  /// end at the bottom.
  package static func states(in language: Language, isASCII: Bool) -> Picture {
    switch language {
    case .english: Picture(stateDrawing, isASCII: isASCII, notes: englishStateNotes)
    case .spanish: Picture(stateDrawing, words: spanishStateWords, isASCII: isASCII, notes: spanishStateNotes)
    }
  }

  private static let stateDrawing = """
                                   ┌─────────┐
             ┌─────────────────────┤  CLOSE  ├──────────────────────────┐
             │ bind(), listen()    └─────────┘              connect() / │
             ▼                       ▲     ▲                        SYN ▼
        ┌──────────┐      close()    │     │ close() or timeout   ┌──────────┐
        │  LISTEN  ├─────────────────┘     └──────────────────────┤ SYN_SENT │
        └────┬─────┘                                              └─┬──────┬─┘
             │ SYN /                SYN / SYN+ACK                   │      │
             ▼ SYN+ACK         (both connect at once)               │      │
        ┌──────────┐◄───────────────────────────────────────────────┘      │
        │ SYN_RECV │                                                       │
        └─┬──────┬─┘                                                       │
          │      │ ACK                ┌─────────────┐       SYN+ACK / ACK  │
          │      └───────────────────►│ ESTABLISHED │◄─────────────────────┘
          │ close() /                 └──┬───────┬──┘
          │ FIN            close() / FIN │       │ FIN / ACK
          │  ┌───────────────────────────┘       └────────────┐
          ▼  ▼                                                ▼
        ┌───────────┐ FIN / ACK                         ┌────────────┐
        │ FIN_WAIT1 ├──────────────────────────┐        │ CLOSE_WAIT │
        └─┬───────┬─┘ (both close at once)     │        └─────┬──────┘
          │       │                            ▼              │ close() / FIN
          │       │ FIN+ACK / ACK         ┌─────────┐         ▼
          │       └────────────────┐      │ CLOSING │   ┌──────────┐
          │ ACK                    │      └────┬────┘   │ LAST_ACK │
          ▼                        ▼           │ ACK    └────┬─────┘
        ┌───────────┐            ┌───────────┐ │             │ ACK
        │ FIN_WAIT2 ├───────────►│ TIME_WAIT │◄┘             ▼
        └───────────┘ FIN / ACK  └─────┬─────┘  60 s     ┌───────┐
                                       └────────────────►│ CLOSE │
                                                         └───────┘
    """

  private static let spanishStateWords = [
    ("close() or timeout", "close() o expira"), ("(both connect at once)", "(conectan a la vez)"),
    ("(both close at once)", "(cierran a la vez)"),
  ]

  private static let englishStateNotes = [
    """
    "SYN / SYN+ACK": when SYN arrives, SYN+ACK is sent; "close() / FIN": when the program calls close(), or \
    shutdown(SHUT_WR), FIN is sent. Below ESTABLISHED, a lone ACK is that of our own FIN.
    """,
    """
    On Linux the listener stays in LISTEN: SYN_RECV is a new socket. RST leads from every other state to CLOSE, and so \
    does giving up when nobody answers.
    """,
  ]

  private static let spanishStateNotes = [
    """
    "SYN / SYN+ACK": al llegar SYN se envía SYN+ACK; "close() / FIN": cuando el programa llama a close(), o a \
    shutdown(SHUT_WR), se envía FIN. Por debajo de ESTABLISHED, ACK a secas es el de nuestro propio FIN.
    """,
    """
    En Linux, el socket que escucha sigue en LISTEN: SYN_RECV es uno nuevo. RST lleva de cualquier otro estado a \
    CLOSE, igual que rendirse cuando nadie responde.
    """,
  ]
}
