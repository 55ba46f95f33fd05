#ifndef UNDERSTUDY_CLI_VERBS_CHECKPOINT_SIMULATE_H_
#define UNDERSTUDY_CLI_VERBS_CHECKPOINT_SIMULATE_H_

#include "cli/verb.h"

namespace understudy::cli {

// `understudy checkpoint simulate`.
void AddCheckpointSimulate(Verb& checkpoint);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_CHECKPOINT_SIMULATE_H_
