@testable import LibOS
func testFSContext(_ kernel: Kernel) -> FSContext { FSContext() }
