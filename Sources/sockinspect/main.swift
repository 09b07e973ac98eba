import Glibc
import SockinspectCLI

exit(Sockinspect.run(Array(CommandLine.arguments.dropFirst())))
