// Whether a data file that looks cut off is.
#ifndef POSTMIRROR_SCHEMA_STORE_PAGE_CHECK_H_
#define POSTMIRROR_SCHEMA_STORE_PAGE_CHECK_H_

#include "absl/status/status.h"

namespace postmirror {

class Environment;

// OK if data.mdb has every page that its entries stand on, kDataLoss if not. A
// file that ends before its last page may be whole: LMDB does not write a page
// that one transaction took and gave back. Then, and only then, every entry is
// read. REQUIRES: no other thread has the environment yet.
absl::Status CheckPages(Environment* environment);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_PAGE_CHECK_H_
