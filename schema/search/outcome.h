// What a lookup ends in. "Not found" is an answer; "temporary" is the answer to
// every fault: Postfix then tells the client to try again (451), where a wrong
// "not found" would refuse the mail for good (550).
#ifndef POSTMIRROR_SCHEMA_SEARCH_OUTCOME_H_
#define POSTMIRROR_SCHEMA_SEARCH_OUTCOME_H_

namespace postmirror {

enum class Outcome { kFound, kNotFound, kTemporary };

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_SEARCH_OUTCOME_H_
