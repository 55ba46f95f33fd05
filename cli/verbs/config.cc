#include "cli/verbs/verbs.h"

namespace understudy::cli {

void AddConfig(Verb& root) {
  Verb config = root.Add("config", "Documents: configurations, all versions",
                         "understudy config list duties/\n"
                         "understudy config get duties/gate > gate.json\n"
                         "understudy config put duties/gate gate.json --expect-revision 12");
  config.NeedsVerb();
  AddConfigPut(config);
  AddConfigGet(config);
  AddConfigList(config);
  AddConfigExport(config);
  AddConfigHistory(config);
  AddConfigDiff(config);
  AddConfigRollback(config);
  AddConfigDelete(config);
  AddConfigWatch(config);
}

}  // namespace understudy::cli
