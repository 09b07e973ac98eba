import Glibc

exit(Sockinspect.run())
