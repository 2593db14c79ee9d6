import PosixHost
import Supervisor

// `godwit serve` runs this, and says all in one argument.
HostProcess.reportCrashes(exitStatus: 125)
HostProcess.exit(Supervisor.run(CommandLine.arguments.count == 2 ? CommandLine.arguments[1] : ""))
