import Diagnosis
import Lesson
import SocketModel
import Text

/// Rules of the packet filter in words.
enum FilterText {
  /// A rule: where it is, what it does, how often it has done so.
  static func rule(_ rule: FilterRule, _ language: Language) -> String {
    let place = "\(rule.family) \(Escaping.text(rule.table)) \(Escaping.text(rule.chain))"
    var text =
      rule.isPolicy
      ? language(
        "the policy of the chain \(place) \(deed(rule.action, language))",
        "la norma de la cadena \(place) \(deed(rule.action, language))")
      : language(
        "a rule of \(place) \(deed(rule.action, language))", "una regla de \(place) \(deed(rule.action, language))")
    if let packets = rule.packets {
      text += language(", \(packets) packets so far", ", \(packets) paquetes hasta ahora")
    }
    if rule.hasOtherConditions {
      text += language(", under further conditions", ", bajo otras condiciones")
    }
    return text
  }

  private static func deed(_ action: FilterRule.Action, _ language: Language) -> String {
    switch action {
    case .drop: language("drops it", "lo descarta")
    case .reject: language("rejects it", "lo rechaza")
    case .translate(let end?): language("sends it to \(end)", "lo manda a \(end)")
    case .translate(nil): language("sends it to another address", "lo manda a otra dirección")
    case .redirect(let port?): language("sends it to port \(port)", "lo manda al puerto \(port)")
    case .redirect(nil): language("sends it to another port", "lo manda a otro puerto")
    }
  }
}
