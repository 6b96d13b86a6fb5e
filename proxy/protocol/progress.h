#ifndef POSTMIRROR_PROXY_PROTOCOL_PROGRESS_H_
#define POSTMIRROR_PROXY_PROTOCOL_PROGRESS_H_

namespace postmirror {

// How far a parser of a byte stream came.
enum class Progress {
  kComplete,    // one whole unit was taken off the front
  kIncomplete,  // more bytes are needed; nothing was taken
  kBroken,      // the stream cannot be followed any further: close it
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_PROGRESS_H_
