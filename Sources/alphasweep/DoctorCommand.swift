import ArgumentParser
import Experiment
import Foundation

/// `alphasweep doctor`: what is missing on this machine, and how to get it.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what is missing on this machine, and how to get it.",
    discussion: """
      Looked at are the site's file and folders, the disk (with a file that is written, made durable \
      and renamed), cores and memory, the worker program (which is started) with its libraries and \
      the site's device, and gnuplot. With '--slurm', its commands too.

      EXIT STATUS: 0 nothing that is needed is missing; 1 something is.
      """)

  @OptionGroup var site: SiteOptions

  @Flag(help: "Also look for the commands of Slurm, which a cluster's site needs.")
  var slurm = false

  @Flag(help: "Write it as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      var doctor = Doctor()
      await doctor.look(site: site.site, slurm: slurm)
      print(json ? doctor.json.text + "\n" : doctor.text, terminator: "")
      if doctor.isMissing { throw ExitCode(Exit.failure) }
    }
  }
}
