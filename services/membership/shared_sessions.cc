#include "services/membership/shared_sessions.h"

namespace understudy::membership {

void SharedSessions::Outcome::Clear() {
  counts = {};
  replies.clear();
  health_changed.clear();
}

void SharedSessions::AcceptBatch(std::span<const Bytes> batch, SteadyTime now, Outcome& outcome) {
  outcome.Clear();
  absl::MutexLock lock(&mutex_);
  for (size_t index = 0; index < batch.size(); ++index) {
    AcceptOne(index, batch[index], now, outcome);
  }
}

void SharedSessions::AcceptOne(size_t index, Bytes bytes, SteadyTime now, Outcome& outcome) {
  const SessionTable::Accepted accepted = table_.Accept(bytes, now);
  ++outcome.counts[static_cast<size_t>(accepted.result)];
  if (accepted.health_changed) outcome.health_changed.push_back(accepted.slot);
  // Whoever is at the end of a session is told so at once, asked or not.
  const bool ended = accepted.result == BeatResult::kEndedSession;
  if (ended || (accepted.result == BeatResult::kOk && accepted.beat.answer_requested)) {
    outcome.replies.push_back(
        {.index = index, .packet = table_.MakeAnswer(accepted.slot, accepted.beat, ended)});
  }
}

std::optional<SessionTable::Opened> SharedSessions::Open(SteadyTime now) {
  absl::MutexLock lock(&mutex_);
  return table_.Open(now);
}

void SharedSessions::End(Slot slot) {
  absl::MutexLock lock(&mutex_);
  table_.End(slot);
}

void SharedSessions::EndAll() {
  absl::MutexLock lock(&mutex_);
  table_.EndAll();
}

SessionTable::Accepted SharedSessions::AcceptFromStream(uint64_t session_id, uint64_t sequence,
                                                        uint16_t health, SteadyTime now) {
  absl::MutexLock lock(&mutex_);
  return table_.AcceptFromStream(session_id, sequence, health, now);
}

bool SharedSessions::VerifyHello(uint64_t session_id, std::string_view station_id,
                                 std::string_view proof) {
  absl::MutexLock lock(&mutex_);
  return table_.VerifyHello(session_id, station_id, proof);
}

uint16_t SharedSessions::TakeHealth(Slot slot) {
  absl::MutexLock lock(&mutex_);
  return table_.TakeHealth(slot);
}

size_t SharedSessions::live() const {
  absl::MutexLock lock(&mutex_);
  return table_.live();
}

}  // namespace understudy::membership
