#include "schema/runtime/proc_file.h"

#include <fstream>
#include <iterator>

namespace postmirror {

std::string ReadProcFile(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace postmirror
