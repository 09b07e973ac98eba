import Glibc

/// How many bytes of address space this process may have (`ulimit -v`, `RLIMIT_AS`); `nil` for no
/// limit.
package func addressSpaceLimit() -> Int? {
  var limit = rlimit()
  // The corresponding C constant is `RLIMIT_AS`.
  guard unsafe getrlimit(__rlimit_resource_t(9), &limit) == 0, limit.rlim_cur < UInt64(Int.max) else { return nil }
  return Int(limit.rlim_cur)
}
