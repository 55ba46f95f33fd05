#include "cli/verbs/verbs.h"

namespace understudy::cli {

void AddVault(Verb& root) {
  Verb vault = root.Add("vault", "The vault as a whole: back it up, restore it, rebuild its etcd",
                        "understudy vault backup site.vault\n"
                        "understudy vault check site.vault\n"
                        "understudy vault restore site.vault");
  vault.NeedsVerb();
  AddVaultBackup(vault);
  AddVaultCheck(vault);
  AddVaultRestore(vault);
  AddVaultReseed(vault);
}

}  // namespace understudy::cli
