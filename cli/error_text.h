#ifndef UNDERSTUDY_CLI_ERROR_TEXT_H_
#define UNDERSTUDY_CLI_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace understudy::cli {

// An error for people: what went wrong, the facts that came with it, and what to do next. Lines end
// with '\n'.
//
//   understudy: duties/gate is at revision 12, expected 10 (REVISION_MISMATCH)
//     current_revision: 12
//     next: read the newer revision, merge, and put with --expect-revision 12
std::string ErrorText(const absl::Status& status);

// The last line's advice; empty where none is known.
std::string NextStep(const absl::Status& status);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_ERROR_TEXT_H_
