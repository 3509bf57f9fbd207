import Artifacts
import Testing

/// What a machine's mounts say of locks.
@Suite struct MountTableTests {
  private let table = MountTable(
    text: """
      22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
      40 22 0:35 / /scratch rw,relatime shared:2 - nfs4 server:/scratch rw,vers=4.2,local_lock=none
      41 22 0:36 / /old\\040home rw,relatime - nfs server:/home rw,vers=3,nolock
      42 40 0:37 / /scratch/fast rw - lustre mds:/fast rw,localflock
      43 40 0:38 / /scratch/fine rw - lustre mds:/fine rw,flock
      half a line
      """)

  @Test func locksOfOneMachineAreToldByTheDeepestMount() {
    #expect(table.locksOfThisMachine(for: "/data/artifacts") == nil)
    #expect(table.locksOfThisMachine(for: "/scratch/artifacts") == nil)
    #expect(table.locksOfThisMachine(for: "/scratch/fast/artifacts") == "localflock")
    #expect(table.locksOfThisMachine(for: "/scratch/faster") == nil)
    #expect(table.locksOfThisMachine(for: "/scratch/fine/artifacts") == nil)
    #expect(table.locksOfThisMachine(for: "/old home/artifacts") == "nolock")
  }
}
