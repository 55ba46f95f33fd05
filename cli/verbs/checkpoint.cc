#include "cli/verbs/checkpoint_simulate.h"
#include "cli/verbs/verbs.h"

namespace understudy::cli {

void AddCheckpoint(Verb& root) {
  Verb checkpoint = root.Add("checkpoint", "Devices in deep sleep, and their memory",
                             "understudy checkpoint list\n"
                             "understudy checkpoint stage meter-1 new.bin\n"
                             "understudy checkpoint overdue");
  checkpoint.NeedsVerb();
  AddCheckpointEnrol(checkpoint);
  AddCheckpointList(checkpoint);
  AddCheckpointShow(checkpoint);
  AddCheckpointGenerations(checkpoint);
  AddCheckpointStage(checkpoint);
  AddCheckpointWithdraw(checkpoint);
  AddCheckpointRevoke(checkpoint);
  AddCheckpointOverdue(checkpoint);
  AddCheckpointWatch(checkpoint);
  AddCheckpointSimulate(checkpoint);
}

}  // namespace understudy::cli
