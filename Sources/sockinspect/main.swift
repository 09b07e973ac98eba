import Glibc
import SockinspectCLI

exit(Sockinspect.run())
