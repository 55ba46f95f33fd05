#include "tests/linearizability/checker.h"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "tests/linearizability/document_model.h"

namespace understudy::linearizability {
namespace {

// Of explanations.
constexpr size_t kMaxShown = 12;

constexpr size_t kNone = static_cast<size_t>(-1);

// A call or an answer in a doubly linked list by time; entries are taken out and put back in the
// opposite order ("dancing links").
struct Entry {
  size_t operation = 0;
  bool is_call = true;
  // Of a call: where the answer stands; kNone when there is none.
  size_t answer = kNone;
  size_t before = kNone;
  size_t after = kNone;
};

class Search {
 public:
  Search(const History& history, uint64_t max_steps)
      : history_(history), max_steps_(max_steps) {
    BuildList();
    RankRevisions();
    Random random(history.size());
    for (size_t i = 0; i < history.size(); ++i) names_.push_back({random.Next(), random.Next()});
  }

  Verdict Run() {
    size_t at = First();
    while (answers_left_ > 0) {
      if (steps_ >= max_steps_) return {Verdict::Kind::kUndecided, "", steps_};
      if (at != kNone && entries_[at].is_call) {
        at = IsUnknown(at) == wants_unknown_ ? TryNext(at) : entries_[at].after;
      } else if (!wants_unknown_ && !LastIsUnknown()) {
        wants_unknown_ = true;
        at = First();
      } else if (order_.empty()) {
        return {Verdict::Kind::kNotLinearizable, Explain(), steps_};
      } else {
        at = TakeBack();
      }
    }
    return {Verdict::Kind::kLinearizable, "", steps_};
  }

 private:
  // An operation that was put next, and the state before it.
  struct Choice {
    size_t call = 0;
    DocumentState before;
  };
  // At the same moment calls come first: that allows every order between the two.
  struct Event {
    int64_t time;
    bool is_answer;
    size_t operation;
    friend auto operator<=>(const Event&, const Event&) = default;
  };
  // A set of operations by 128 random bits: each operation has its own, a set has all of its
  // operations' together by exclusive or (Zobrist, "A New Hashing Method with Application for Game
  // Playing", 1970). That two sets of a history have the same is not to be expected in the life of
  // the universe.
  struct SetName {
    uint64_t high = 0;
    uint64_t low = 0;
    friend auto operator<=>(const SetName&, const SetName&) = default;
  };
  using Configuration = std::pair<SetName, DocumentState>;

  // Operations of unknown outcome are tried last: most histories make sense without them. Two of
  // them are never put next to each other: nobody has seen the first, so it may as well not have
  // happened. (A client expects a revision only after it was told of it, and that telling would
  // stand between the two.)
  bool IsUnknown(size_t call) const {
    return history_[entries_[call].operation].outcome == Operation::Outcome::kUnknown;
  }
  bool LastIsUnknown() const { return !order_.empty() && IsUnknown(order_.back().call); }

  // Entry 0 is the list's head.
  size_t First() const { return entries_[0].after; }

  void BuildList() {
    std::vector<Event> events;
    for (size_t i = 0; i < history_.size(); ++i) {
      events.push_back({history_[i].called_at, false, i});
      if (history_[i].outcome == Operation::Outcome::kUnknown) continue;
      events.push_back({history_[i].answered_at, true, i});
      ++answers_left_;
    }
    std::sort(events.begin(), events.end());
    entries_.resize(1);
    std::vector<size_t> calls(history_.size());
    for (const Event& event : events) {
      const size_t place = entries_.size();
      entries_.push_back({event.operation, !event.is_answer, kNone, place - 1, kNone});
      entries_[place - 1].after = place;
      if (!event.is_answer) calls[event.operation] = place;
      if (event.is_answer) entries_[calls[event.operation]].answer = place;
    }
  }

  // The operations that tell a revision, ranked by it. Revisions only grow, so that no order can
  // have a greater one before a smaller one: what is not of the smallest that is left need not be
  // tried.
  void RankRevisions() {
    std::map<uint64_t, size_t> ranks;
    for (const Operation& operation : history_) {
      if (operation.revision.has_value()) ranks[*operation.revision];
    }
    for (auto& [revision, rank] : ranks) {
      rank = left_.size();
      left_.push_back(0);
    }
    for (const Operation& operation : history_) {
      const bool told = operation.revision.has_value();
      ranks_.push_back(told ? ranks[*operation.revision] : kNone);
      if (told) ++left_[ranks_.back()];
    }
    PassEmptyRanks();
  }
  void PassEmptyRanks() {
    while (smallest_ < left_.size() && left_[smallest_] == 0) ++smallest_;
  }
  bool IsTooEarly(size_t operation) const {
    return ranks_[operation] != kNone && ranks_[operation] != smallest_;
  }
  void CountTaken(size_t operation) {
    if (ranks_[operation] == kNone) return;
    --left_[ranks_[operation]];
    PassEmptyRanks();
  }
  void CountTakenBack(size_t operation) {
    if (ranks_[operation] == kNone) return;
    ++left_[ranks_[operation]];
    smallest_ = std::min(smallest_, ranks_[operation]);
  }

  void TakeOut(size_t place) {
    const Entry& entry = entries_[place];
    entries_[entry.before].after = entry.after;
    if (entry.after != kNone) entries_[entry.after].before = entry.before;
  }
  void PutBack(size_t place) {
    const Entry& entry = entries_[place];
    entries_[entry.before].after = place;
    if (entry.after != kNone) entries_[entry.after].before = place;
  }

  // Puts the operation next if that makes sense and was not tried yet. Where to go on.
  size_t TryNext(size_t call) {
    ++steps_;
    const Entry& entry = entries_[call];
    if (IsTooEarly(entry.operation)) return entry.after;
    const std::optional<DocumentState> after = Apply(state_, history_[entry.operation]);
    if (!after.has_value()) return entry.after;
    Toggle(entry.operation);
    if (!tried_.insert({taken_, *after}).second) {
      Toggle(entry.operation);
      return entry.after;
    }
    CountTaken(entry.operation);
    order_.push_back({call, state_});
    state_ = *after;
    TakeOut(call);
    if (entry.answer != kNone) {
      TakeOut(entry.answer);
      --answers_left_;
    }
    if (order_.size() > longest_.size()) RememberNewest();
    wants_unknown_ = false;
    return First();
  }

  // The last choice led nowhere: the one after it is the next to be tried.
  size_t TakeBack() {
    const Choice choice = std::move(order_.back());
    order_.pop_back();
    untouched_ = std::min(untouched_, order_.size());
    const Entry& entry = entries_[choice.call];
    if (entry.answer != kNone) {
      PutBack(entry.answer);
      ++answers_left_;
    }
    PutBack(choice.call);
    Toggle(entry.operation);
    CountTakenBack(entry.operation);
    state_ = choice.before;
    wants_unknown_ = IsUnknown(choice.call);
    return entry.after;
  }

  // Adds the operation to those that are taken, or removes it from them.
  void Toggle(size_t operation) {
    taken_.high ^= names_[operation].high;
    taken_.low ^= names_[operation].low;
  }

  // The order is a longer one than any before. It differs from the longest only in its end, as far
  // back as choices were taken back since.
  void RememberNewest() {
    size_t same = std::min(untouched_, longest_.size());
    longest_.resize(same);
    for (; same < order_.size(); ++same) {
      longest_.push_back(entries_[order_[same].call].operation);
    }
    untouched_ = order_.size();
  }

  std::string Explain() const {
    std::string text = "these make sense in this order:\n";
    const size_t skipped = longest_.size() > kMaxShown ? longest_.size() - kMaxShown : 0;
    if (skipped > 0) absl::StrAppend(&text, "  (", skipped, " before)\n");
    for (size_t i = skipped; i < longest_.size(); ++i) {
      absl::StrAppend(&text, "  ", Describe(history_[longest_[i]]), "\n");
    }
    absl::StrAppend(&text, "and none of these can come next:\n");
    const std::set<size_t> ordered(longest_.begin(), longest_.end());
    size_t shown = 0;
    for (const size_t next : Candidates(ordered)) {
      if (++shown > kMaxShown) break;
      absl::StrAppend(&text, "  ", Describe(history_[next]), "\n");
    }
    return text;
  }

  // What was called before the first answer of all that are not in `ordered`.
  std::vector<size_t> Candidates(const std::set<size_t>& ordered) const {
    std::vector<size_t> candidates;
    for (size_t place = 1; place < entries_.size(); ++place) {
      const Entry& entry = entries_[place];
      if (ordered.contains(entry.operation)) continue;
      if (!entry.is_call) break;
      candidates.push_back(entry.operation);
    }
    return candidates;
  }

  const History& history_;
  const uint64_t max_steps_;
  std::vector<Entry> entries_;
  // Of operations whose outcome is known.
  size_t answers_left_ = 0;
  DocumentState state_;
  // What is looked for now: operations of unknown outcome, or the others.
  bool wants_unknown_ = false;
  // By operation; kNone for one that tells no revision.
  std::vector<size_t> ranks_;
  // By rank: how many were not taken yet.
  std::vector<size_t> left_;
  size_t smallest_ = 0;
  std::vector<SetName> names_;
  SetName taken_;
  std::vector<Choice> order_;
  std::set<Configuration> tried_;
  std::vector<size_t> longest_;
  // So many choices at the beginning of longest_ are those of order_, too.
  size_t untouched_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace

Verdict Check(const Histories& histories, const CheckerOptions& options) {
  uint64_t steps = 0;
  for (const auto& [document, history] : histories) {
    Verdict verdict = Search(history, options.max_steps - steps).Run();
    steps += verdict.steps;
    verdict.steps = steps;
    if (verdict.kind == Verdict::Kind::kLinearizable) continue;
    verdict.explanation = absl::StrCat(document, ": ", verdict.explanation);
    return verdict;
  }
  return {Verdict::Kind::kLinearizable, "", steps};
}

}  // namespace understudy::linearizability
