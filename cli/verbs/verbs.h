#ifndef UNDERSTUDY_CLI_VERBS_VERBS_H_
#define UNDERSTUDY_CLI_VERBS_VERBS_H_

#include "cli/verb.h"

// Each verb of the command line, in the file of its name.
namespace understudy::cli {

void AddStatus(Verb& root);
void AddStations(Verb& root);
void AddDuties(Verb& root);
void AddFailovers(Verb& root);
void AddDrill(Verb& root);
void AddStation(Verb& root);
void AddEnergy(Verb& root);

void AddControl(Verb& root);

void AddVault(Verb& root);
void AddVaultBackup(Verb& vault);
void AddVaultCheck(Verb& vault);
void AddVaultRestore(Verb& vault);
void AddVaultReseed(Verb& vault);

void AddCheckpoint(Verb& root);
void AddCheckpointEnrol(Verb& checkpoint);
void AddCheckpointList(Verb& checkpoint);
void AddCheckpointOverdue(Verb& checkpoint);
void AddCheckpointShow(Verb& checkpoint);
void AddCheckpointGenerations(Verb& checkpoint);
void AddCheckpointStage(Verb& checkpoint);
void AddCheckpointWithdraw(Verb& checkpoint);
void AddCheckpointRevoke(Verb& checkpoint);
void AddCheckpointWatch(Verb& checkpoint);

void AddConfig(Verb& root);
void AddConfigPut(Verb& config);
void AddConfigGet(Verb& config);
void AddConfigExport(Verb& config);
void AddConfigList(Verb& config);
void AddConfigHistory(Verb& config);
void AddConfigDiff(Verb& config);
void AddConfigRollback(Verb& config);
void AddConfigDelete(Verb& config);
void AddConfigWatch(Verb& config);

void AddUp(Verb& root);
void AddDown(Verb& root);
void AddDemo(Verb& root);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_VERBS_H_
