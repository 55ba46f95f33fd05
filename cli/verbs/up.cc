#include "cli/verbs/verbs.h"

namespace understudy::cli {
void AddUp(Verb&) {}
void AddDown(Verb&) {}
void AddDemo(Verb&) {}
}  // namespace understudy::cli
