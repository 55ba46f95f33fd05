#include "cli/completion.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"

namespace understudy::cli {
namespace {

// One `case` branch for each verb: what may follow.
std::string BashCases(const CompletionTree& tree) {
  std::string cases;
  for (const auto& [path, words] : tree) {
    absl::StrAppend(&cases, "    '", path, "') words='", absl::StrJoin(words.verbs, " "),
                    words.verbs.empty() ? "" : " ", absl::StrJoin(words.flags, " "), "' ;;\n");
  }
  return cases;
}

std::string KnownPaths(const CompletionTree& tree) {
  std::string paths;
  for (const auto& [path, words] : tree) {
    if (!path.empty()) absl::StrAppend(&paths, paths.empty() ? "" : " | ", "'", path, "'");
  }
  return paths;
}

// The path grows by each word that names a verb below it; flags and arguments are passed over.
std::string BashScript(const CompletionTree& tree) {
  return absl::StrCat(
      "# understudy completion for bash: source <(understudy completion bash)\n"
      "_understudy() {\n"
      "  local word path='' words='' current=${COMP_WORDS[COMP_CWORD]}\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"${path:+$path }$word\" in\n"
      "    ",
      KnownPaths(tree),
      ") path=\"${path:+$path }$word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case $path in\n",
      BashCases(tree),
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "}\n"
      "complete -o default -F _understudy understudy ./understudy\n");
}

std::string ZshScript(const CompletionTree& tree) {
  return absl::StrCat(
      "#compdef understudy\n"
      "# understudy completion for zsh: source <(understudy completion zsh)\n"
      "autoload -U +X bashcompinit && bashcompinit\n",
      BashScript(tree));
}

std::string FishQuoted(std::string_view text) {
  return absl::StrCat("'",
                      absl::StrReplaceAll(absl::string_view(text.data(), text.size()),
                                          {{"\\", "\\\\"}, {"'", "\\'"}}),
                      "'");
}

// `__understudy_at` holds when the words so far are exactly these verbs, `__understudy_below` when
// they begin with them. In quotes a list of no words is an empty word, not a missing argument.
constexpr char kFishFunctions[] =
    "# understudy completion for fish: understudy completion fish | source\n"
    "function __understudy_words\n"
    "  for word in (commandline -opc)[2..]\n"
    "    string match -q -- '-*' $word ; or echo $word\n"
    "  end\n"
    "end\n"
    "function __understudy_at\n"
    "  set -l words (__understudy_words)\n"
    "  test \"$words\" = \"$argv\"\n"
    "end\n"
    "function __understudy_below\n"
    "  set -l words (__understudy_words)\n"
    "  string match -q -- \"$argv*\" \"$words\"\n"
    "end\n";

std::string FishScript(const CompletionTree& tree) {
  std::string script = kFishFunctions;
  for (const auto& [path, words] : tree) {
    for (const std::string& verb : words.verbs) {
      const auto below = tree.find(path.empty() ? verb : path + " " + verb);
      absl::StrAppend(&script, "complete -c understudy -f -n '__understudy_at ", path, "' -a ",
                      verb, " -d ", FishQuoted(below == tree.end() ? "" : below->second.summary),
                      "\n");
    }
    for (const std::string& flag : words.flags) {
      if (flag.rfind("--", 0) != 0) continue;
      absl::StrAppend(&script, "complete -c understudy -n '__understudy_below ", path, "' -l ",
                      flag.substr(2), "\n");
    }
  }
  return script;
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(std::string_view shell, const CompletionTree& tree) {
  if (shell == "bash") return BashScript(tree);
  if (shell == "zsh") return ZshScript(tree);
  if (shell == "fish") return FishScript(tree);
  return UsageError("there is completion for bash, zsh and fish, not for " + std::string(shell));
}

}  // namespace understudy::cli
