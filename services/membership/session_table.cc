#include "services/membership/session_table.h"

#include <sodium.h>

namespace understudy::membership {
namespace {

Slot SlotOf(uint64_t session_id) { return static_cast<Slot>(session_id); }

// Never below 2^32, so never 0.
uint64_t MakeSessionId(Slot slot) {
  uint32_t chance = 0;
  while (chance == 0) randombytes_buf(&chance, sizeof(chance));
  return (uint64_t{chance} << 32) | slot;
}

BeatResult FromOutcome(beat::Outcome outcome) { return static_cast<BeatResult>(outcome); }

static_assert(static_cast<int>(BeatResult::kBadMac) == static_cast<int>(beat::Outcome::kBadMac));

}  // namespace

std::string_view BeatResultName(BeatResult result) {
  switch (result) {
    case BeatResult::kUnknownSession:
      return "unknown_session";
    case BeatResult::kEndedSession:
      return "ended_session";
    case BeatResult::kReplayed:
      return "replayed";
    case BeatResult::kLate:
      return "late";
    default:
      return beat::OutcomeName(static_cast<beat::Outcome>(result));
  }
}

// Room is reserved at once, so that sessions never move and their memory is touched only when used.
SessionTable::SessionTable(HeardTimes& heard) : heard_(heard) { sessions_.reserve(heard.size()); }

std::optional<SessionTable::Opened> SessionTable::Open(SteadyTime now) {
  const std::optional<Slot> slot = FreeSlot();
  if (!slot.has_value()) return std::nullopt;
  Session& session = sessions_[*slot];
  session = Session{};
  session.id = MakeSessionId(*slot);
  session.key = beat::SessionKey::Generate();
  session.live = true;
  heard_.Set(*slot, now);
  ++live_;
  return Opened{.slot = *slot, .session_id = session.id, .key = session.key};
}

std::optional<Slot> SessionTable::FreeSlot() {
  if (sessions_.size() < heard_.size()) {
    sessions_.emplace_back();
    return static_cast<Slot>(sessions_.size() - 1);
  }
  if (ended_.empty()) return std::nullopt;
  const Slot slot = ended_.front();
  ended_.pop_front();
  return slot;
}

void SessionTable::End(Slot slot) {
  sessions_[slot].live = false;
  ended_.push_back(slot);
  --live_;
}

void SessionTable::EndAll() {
  for (Slot slot = 0; slot < sessions_.size(); ++slot) {
    if (sessions_[slot].live) End(slot);
  }
}

SessionTable::Accepted SessionTable::Accept(std::span<const uint8_t> datagram, SteadyTime now) {
  Accepted accepted;
  const beat::Outcome outcome = beat::DecodeBeatHeader(datagram, accepted.beat);
  accepted.result = FromOutcome(outcome);
  if (outcome != beat::Outcome::kOk) return accepted;
  const Session* session = Find(accepted.beat.session_id);
  if (session == nullptr) {
    accepted.result = BeatResult::kUnknownSession;
  } else if (!beat::VerifyMac(datagram, session->key)) {
    accepted.result = BeatResult::kBadMac;
  } else {
    Note(SlotOf(accepted.beat.session_id), accepted, now);
  }
  return accepted;
}

SessionTable::Accepted SessionTable::AcceptFromStream(uint64_t session_id, uint64_t sequence,
                                                      uint16_t health, SteadyTime now) {
  Accepted accepted;
  accepted.beat = {.health = health, .session_id = session_id, .sequence = sequence};
  if (Find(session_id) != nullptr) Note(SlotOf(session_id), accepted, now);
  return accepted;
}

void SessionTable::Note(Slot slot, Accepted& accepted, SteadyTime now) {
  Session& session = sessions_[slot];
  switch (session.window.Accept(accepted.beat.sequence)) {
    case ReplayWindow::Verdict::kLate:
      accepted.result = BeatResult::kLate;
      return;
    case ReplayWindow::Verdict::kReplayed:
      accepted.result = BeatResult::kReplayed;
      return;
    case ReplayWindow::Verdict::kNew:
      break;
  }
  accepted.slot = slot;
  accepted.result = session.live ? BeatResult::kOk : BeatResult::kEndedSession;
  if (!session.live) return;
  heard_.Set(slot, now);
  if (session.health == accepted.beat.health) return;
  session.health = accepted.beat.health;
  accepted.health_changed = !session.health_pending;
  session.health_pending = true;
}

std::optional<Slot> SessionTable::FindLive(uint64_t session_id) const {
  const Session* session = Find(session_id);
  if (session == nullptr || !session->live) return std::nullopt;
  return SlotOf(session_id);
}

bool SessionTable::VerifyHello(uint64_t session_id, std::string_view station_id,
                               std::string_view proof) const {
  const Session* session = Find(session_id);
  return session != nullptr && session->live &&
         beat::VerifyHelloProof(session->key, station_id, proof);
}

uint16_t SessionTable::TakeHealth(Slot slot) {
  sessions_[slot].health_pending = false;
  return sessions_[slot].health;
}

beat::Packet SessionTable::MakeAnswer(Slot slot, const beat::Beat& beat, bool session_ended) const {
  return beat::EncodeAnswer({.session_ended = session_ended,
                             .session_id = beat.session_id,
                             .sequence = beat.sequence,
                             .sender_time_ns = beat.sender_time_ns},
                            sessions_[slot].key);
}

const SessionTable::Session* SessionTable::Find(uint64_t session_id) const {
  const Slot slot = SlotOf(session_id);
  if (slot >= sessions_.size() || sessions_[slot].id != session_id) return nullptr;
  return &sessions_[slot];
}

SessionTable::Session* SessionTable::Find(uint64_t session_id) {
  return const_cast<Session*>(static_cast<const SessionTable*>(this)->Find(session_id));
}

}  // namespace understudy::membership
