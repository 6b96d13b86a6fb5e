// Standard input, output and error, which a program has been given, or not.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_STANDARD_STREAMS_H_
#define POSTMIRROR_SCHEMA_RUNTIME_STANDARD_STREAMS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Takes the numbers 0 to 2 where they are closed: a file that is opened later
// would get them, and what is printed or logged would go into it. Reading from
// such a stream, or writing to it, fails as before. First in main().
void HoldStandardStreams();

// Prints `line`, made Printable(), and a newline to standard output.
void PrintLine(absl::string_view line);

// Writes out what was printed to standard output; kDataLoss where any of it
// could not be written.
absl::Status FlushStandardOutput();

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_STANDARD_STREAMS_H_
