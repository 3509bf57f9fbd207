import Experiment

/// TIMIT's 61 phones, and their foldings to 48 and 39 (Lee and Hon 1989; the table is that of Kaldi's
/// `phones.60-48-39.map`). The glottal stop `q` folds to nothing.
struct TimitPhones {
  enum Folded: Hashable {
    case phone(String)
    case nothing
    case unknown
  }

  private let count: Int

  /// - Parameter count: 39, 48 or 61.
  init?(count: Int) {
    guard [39, 48, 61].contains(count) else { return nil }
    self.count = count
  }

  func folded(_ phone: String) -> Folded {
    if phone == "q" { return count == 61 ? .phone(phone) : .nothing }
    let of48 = Self.to48[phone] ?? phone
    guard Self.inventory.contains(phone) else { return .unknown }
    switch count {
    case 61: return .phone(phone)
    case 48: return .phone(of48)
    default: return .phone(Self.to39[of48] ?? of48)
    }
  }

  private static let inventory = Set(
    """
    aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl h# hh hv ih ix \
    iy jh k kcl l m n ng nx ow oy p pau pcl r s sh t tcl th uh uw ux v w y z zh
    """.split(separator: " ").map(String.init))

  private static let to48 = [
    "ax-h": "ax", "axr": "er", "bcl": "vcl", "dcl": "vcl", "gcl": "vcl", "kcl": "cl", "pcl": "cl",
    "tcl": "cl", "em": "m", "eng": "ng", "h#": "sil", "pau": "sil", "hv": "hh", "nx": "n",
    "ux": "uw",
  ]

  private static let to39 = [
    "ao": "aa", "ax": "ah", "vcl": "sil", "cl": "sil", "epi": "sil", "el": "l", "en": "n",
    "ix": "ih", "zh": "sh",
  ]
}

/// Who of TIMIT's TEST tests.
enum TimitSpeakers {
  /// The split of a speaker of TEST, in capitals; `nil` for those that are left out.
  static func split(of speaker: String, isComplete: Bool) -> Split? {
    if isComplete || core.contains(speaker) { return .test }
    return dev.contains(speaker) ? .dev : nil
  }

  /// The core test: two men and a woman of each region (TIMIT's `testset.doc`).
  private static let core = set(
    """
    MDAB0 MWBT0 FELC0 MTAS1 MWEW0 FPAS0 MJMP0 MLNT0 FPKT0 MLLL0 MTLS0 FJLM0 MBPM0 MKLT0 FNLP0 MCMJ0 \
    MJDH0 FMGD0 MGRT0 MNJM0 FDHC0 MJLN0 MPAM0 FMLD0
    """)

  /// Kaldi's `dev_spk.list`.
  private static let dev = set(
    """
    FAKS0 FDAC1 FJEM0 MGWT0 MJAR0 MMDB1 MMDM2 MPDF0 FCMH0 FKMS0 MBDG0 MBWM0 MCSH0 FADG0 FDMS0 FEDW0 \
    MGJF0 MGLB0 MRTK0 MTAA0 MTDT0 MTHC0 MWJG0 FNMR0 FREW0 FSEM0 MBNS0 MMJR0 MDLS0 MDLF0 MDVC0 MERS0 \
    FMAH0 FDRW0 MRCS0 MRJM4 FCAL1 MMWH0 FJSJ0 MAJC0 MJSW0 MREB0 FGJD0 FJMG0 MROA0 MTEB0 MJFC0 MRJR0 \
    FMML0 MRWS1
    """)

  private static func set(_ words: String) -> Set<String> {
    Set(words.split(separator: " ").map(String.init))
  }
}
