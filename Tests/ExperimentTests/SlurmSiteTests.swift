import Testing

@testable import Experiment

/// `slurm:` of a site: its values, and what is wrong with it, word for word.
struct SlurmSiteTests {
  private static let least = "site: here\nrecordings: r\nartifacts: a\nslurm:\n  time: 24 h\n"

  @Test func `a cluster reads into its values, and kinds of stages differ where they say so`()
    throws
  {
    let yaml =
      Self.least + """
          partition: gpu
          account: us
          memory: 16 GB
          gpus: 1
          constraint: a100
          qos: high
          reservation: class
          modules: [cuda/12.1, gcc]
          setup: ['export A="b c"']
          extra: [--exclusive]
          commands: /opt/slurm/bin
          poll: 10 s
          grace: 2 min
          notice: 90 s
          array-size: 100
          max-jobs: 1_000
          memory-limit: 64 GB
          stages: { corpus: { gpus: 0, partition: cpu, time: 0.5 d } }
        """
    var terms = SlurmSite.Terms(seconds: 86_400, memoryBytes: 16_000_000_000, gpus: 1)
    (terms.partition, terms.account, terms.constraint) = ("gpu", "us", "a100")
    (terms.qos, terms.reservation) = ("high", "class")
    var wanted = SlurmSite(terms: terms)
    (terms.gpus, terms.partition, terms.seconds) = (0, "cpu", 43_200)
    wanted.kinds = [.corpus: terms]
    (wanted.modules, wanted.setup) = (["cuda/12.1", "gcc"], ["export A=\"b c\""])
    (wanted.extra, wanted.commands) = (["--exclusive"], "/opt/slurm/bin")
    (wanted.pollSeconds, wanted.graceSeconds, wanted.noticeSeconds) = (10, 120, 90)
    (wanted.arraySize, wanted.jobs, wanted.mostMemoryBytes) = (100, 1000, 64_000_000_000)
    let site = try SiteDefinition(yaml: yaml, file: "here.yaml")
    #expect(site.slurm == wanted)
    #expect(site.cores == nil && site.workers == nil)
  }

  @Test(arguments: [
    Slip(
      "time: 24 h", "poll: 30 s",
      "here.yaml:5:3: 'slurm' lacks 'time'; add it, such as 'time: 24 h'"),
    Slip(
      "time: 24 h", "time: 24",
      "here.yaml:5:9: 'time' must be a time such as '30 s', '2 min' or '24 h', not '24'"),
    Slip("time: 24 h", "time: 1 s", "here.yaml:5:9: 'time' must be at least 60 s, not '1 s'"),
    Slip(
      "time: 24 h", "time: 24 h\n  partiton: gpu",
      "here.yaml:6:3: unknown key 'partiton'; did you mean 'partition'?"),
    Slip(
      "time: 24 h", "time: 24 h\n  stages: { corpsu: {} }",
      "here.yaml:6:13: unknown kind of stage 'corpsu'; did you mean 'corpus'?"),
    Slip(
      "time: 24 h", "time: 24 h\n  stages: { corpus: { poll: 1 s } }",
      "here.yaml:6:23: unknown key 'poll'; known: account, constraint, gpus, memory, partition, "
        + "qos, reservation, time"),
    Slip(
      "time: 24 h", "time: 24 h\n  memory: 16G",
      "here.yaml:6:11: 'memory' must be an amount such as '100 GB', not '16G'"),
    Slip(
      "artifacts: a", "artifacts: a\ncores: 4",
      "here.yaml:4:8: 'cores' is of one machine; with 'slurm' each stage asks for what it needs: take "
        + "it out, or say it below 'slurm'"),
  ])
  func `a wrong cluster is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: Self.least)
    let found = try problems { try SiteDefinition(yaml: yaml, file: "here.yaml") }
    #expect(found == slip.problems)
  }

  @Test func `one machine may limit the time of a stage`() throws {
    let yaml =
      "site: here\nrecordings: r\nartifacts: a\ncores: all\nmemory: all\nworkers: auto\n"
      + "stage-time-limit: 12 h\n"
    #expect(try SiteDefinition(yaml: yaml, file: "here.yaml").stageSeconds == 43_200)
  }

  private static let local =
    "site: here\nrecordings: r\nartifacts: a\ncores: all\nmemory: all\nworkers: auto\n"

  @Test func `one machine has cards and a disk`() throws {
    func site(_ more: String) throws -> SiteDefinition {
      try SiteDefinition(yaml: Self.local + more, file: "here.yaml")
    }
    let counted = try site("device: cuda\ngpus: 2\ndisk: 1.5 GB\n")
    #expect(counted.gpus == [0, 1] && counted.freeBytes == 1_500_000_000)
    #expect(try site("device: cuda\ngpus: [3, 1]\n").gpus == [3, 1])
    let none = try site("")
    #expect(none.gpus.isEmpty && none.freeBytes == nil)
  }

  @Test(arguments: [
    (
      "gpus: 2",
      "here.yaml:7:7: 'gpus' are handed out to workers one each: say 'device: cuda' too, without a "
        + "card's number"
    ),
    (
      "gpus: 2\ndevice: cuda:1",
      "here.yaml:7:7: 'gpus' are handed out to workers one each: say 'device: cuda' too, without a "
        + "card's number"
    ),
    ("gpus: [1, 1]\ndevice: cuda", "here.yaml:7:7: 'gpus' holds a card twice; keep one"),
    ("gpus: 0\ndevice: cuda", "here.yaml:7:7: 'gpus' must be from 1 to 128, not '0'"),
    ("disk: 20", "here.yaml:7:7: 'disk' must be an amount such as '100 GB', not '20'"),
  ])
  func `wrong cards and disks are said with their place`(more: String, says: String) throws {
    #expect(
      try problems { try SiteDefinition(yaml: Self.local + more + "\n", file: "here.yaml") }
        == [says])
  }

  @Test func `the shipped cluster reads`() throws {
    let site = try SiteDefinition(yaml: Repository.text("sites/cluster.yaml"), file: "cluster.yaml")
    #expect(site.slurm?.terms.seconds == 14_400)
  }
}
