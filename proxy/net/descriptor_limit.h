// How many file descriptors the process may have open: RLIMIT_NOFILE.
#ifndef POSTMIRROR_PROXY_NET_DESCRIPTOR_LIMIT_H_
#define POSTMIRROR_PROXY_NET_DESCRIPTOR_LIMIT_H_

namespace postmirror {

// Raises the limit to `wanted`, or as far as it may be raised; never lowers it.
// Returns the limit that holds then.
int RaiseDescriptorLimit(int wanted);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_DESCRIPTOR_LIMIT_H_
