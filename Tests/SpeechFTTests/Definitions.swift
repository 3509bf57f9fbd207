extension SpokenWorld {
  static let spec =
    head + "\n" + """
      fine-tune: { tasks: [speaker, phones] }
      methods:
        log-mel: { normalise: [false, true] }
        pre-trained: {}
        regular-ft: {}
        stable-ft: {}
        speech-ft: { alpha: [0.25, 0.5] }
        l2-sp: { strength: [0.1] }
        early-checkpoint: { at: [50%] }
        lora: { rank: [2], alpha: [4], targets: [v_proj, q_proj], dropout: 10% }
        dora: { rank: [2], alpha: [4], targets: [q_proj], dropout: 10% }
      evaluate: { tasks: [speaker, phones] }
      compare: { measures: [linear-cka, debiased-cka, r2, weight-distance], corpus: held-out,
        frames: 200, ridge: 1e-3 }
      """

  private static let head = """
    experiment: vowels
    question: Do all stages run?
    seeds: [1]
    models:
      tiny:
        pretrain:
          corpora: [vowels]
          architecture: { convolution-channels: 16, width: 32, layers: 2, attention-heads: 2,
            feed-forward-width: 64, position-kernel: 64, position-groups: 4, dropout: 5% }
          rounds:
            - { units: { features: mfcc, clusters: 6, frames: 500, iterations: 5 }, start: random,
                front-end-steps: 5, steps: 20, batch-seconds: 4, crop-seconds: 0.5,
                learning-rate: 1e-3, weight-decay: 1e-2, warm-up: 10%, hold: 40%,
                mask: { probability: 20%, length: 3 }, unmasked-weight: 0.5, clip: 1, threads: 1 }
    """

  static let severalSpec =
    head + "\n" + """
      fine-tune:
        tasks: [[speaker, phones]]
        recipe: { dev-every: 3, keep: best, patience: [1, 100] }
      methods:
        stable-ft: {}
        speech-ft: { alpha: [0.25, 0.5], from: [stable-ft, lora], select: dev }
        early-checkpoint: { at: [50%] }
        early-stopping: { patience: [1, 100] }
        lora: { rank: [2], alpha: [4], targets: [v_proj, q_proj], dropout: 10% }
        linear-merge: { alpha: [0.5] }
        ties-merge: { alpha: [0.5, 1], density: [20%] }
        sequential: { alpha: [0.5] }
      evaluate: { tasks: [speaker, phones] }
      """

  static let unlabelledSpec =
    head + "\n" + """
      fine-tune:
        tasks: [frames]
        recipe: { dev-every: 10, keep: best }
      methods:
        pre-trained: {}
        stable-ft: {}
        speech-ft: { alpha: [0.5] }
      evaluate: { tasks: [speaker] }
      """

  static let frames = """
    task: frames
    title: Codewords
    corpus: vowels
    target: codewords
    fine-tune: { mask: { probability: 20%, length: 3 }, recipe: \(recipe) }
    """

  static let corpus = """
    corpus: vowels
    description: Made-up vowels
    licence: none
    language: nl
    packages: [none]
    root: sound
    pattern: '(?<speaker>[^/]+)/(?<id>[a-z-]+)\\.wav'
    transcripts: { format: fillets-lua, root: script, pattern: '(?<speaker>[^/]+)/dialogs\\.lua',
      key: id }
    phonemes: nl
    split: { by: id, test: 30%, dev: 0% }
    seconds: [0.1, 20]
    """

  static let speaker = """
    task: speaker
    title: Speaker
    corpus: vowels
    target: speaker
    head: { projection: 16, dropout: 0% }
    evaluate: { steps: 150, batch: 16, learning-rate: 1e-2, clip: 1, threads: 1 }
    fine-tune: { head: { projection: 16, dropout: 10% }, recipe: \(recipe) }
    """

  static let phones = """
    task: phones
    title: Phonemes
    corpus: vowels
    target: phones
    minutes: { train: 0.3, test: 0.1 }
    head: { projection: 16, dropout: 0% }
    evaluate: { steps: 150, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1 }
    fine-tune: { minutes: { train: 0.3 }, head: { projection: 16, dropout: 0% }, recipe: \(recipe) }
    """

  private static let recipe = """
    { steps: 20, batch-seconds: 4, learning-rate: 1e-3, head-only: 10%, warm-up: 10%, hold: 40%,
      clip: 1, dropout: 10%, checkpoints: [50%], threads: 1 }
    """
}
