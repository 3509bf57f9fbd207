import CSndfile

extension AudioFile {
  /// Whether the libsndfile that is loaded decodes MP3: older ones, and ones built without mpg123, do
  /// not.
  package static var readsMP3: Bool {
    var count: Int32 = 0
    let size = Int32(MemoryLayout<Int32>.size)
    guard sf_command(nil, Int32(SFC_GET_FORMAT_MAJOR_COUNT), &count, size) == 0 else {
      return false
    }
    return (0..<count).contains { index in
      var format = SF_FORMAT_INFO()
      format.format = index
      let size = Int32(MemoryLayout<SF_FORMAT_INFO>.size)
      return sf_command(nil, Int32(SFC_GET_FORMAT_MAJOR), &format, size) == 0
        && format.format & Int32(SF_FORMAT_TYPEMASK) == mpeg
    }
  }

  /// SF_FORMAT_MPEG, which headers before 1.1 do not have.
  private static let mpeg: Int32 = 0x230000
}
