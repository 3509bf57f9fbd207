import CTorch

/// Throws what a status says went wrong, and frees its message. The operands are described only
/// where there is an error to report.
func check(
  _ operation: @autoclosure () -> String, _ operands: @autoclosure () -> [Tensor?],
  _ status: ct_status
) throws(TorchError) {
  guard status.code != 0 else { return }
  defer { ct_status_free(status) }
  let message = status.message.map { String(cString: $0) } ?? "no memory left to say why"
  let firstLine = message.split(separator: "\n").first.map(String.init) ?? message
  throw .refused(
    operation: operation(), operands: operands().compactMap { $0?.summary },
    reason: firstLine)
}
