// Whatever arrives, decoding must neither crash nor accept anything that our key did not make.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "common/beat/beat.h"

namespace {

using understudy::beat::Answer;
using understudy::beat::Beat;
using understudy::beat::Outcome;
using understudy::beat::Packet;
using understudy::beat::SessionKey;

void Expect(bool condition) {
  if (!condition) std::abort();
}

const SessionKey& Key() {
  static const SessionKey key =
      *SessionKey::FromBytes(std::string(understudy::beat::kKeySize, 'k'));
  return key;
}

// The known fields of any well-framed packet survive a round trip under our own key.
void RoundTrip(const Beat& beat) {
  Beat again;
  Expect(DecodeBeat(EncodeBeat(beat, Key()), Key(), again) == Outcome::kOk);
  Expect(again == beat);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  Beat beat;
  const Outcome framed = DecodeBeatHeader(bytes, beat);
  Expect(framed != Outcome::kBadMac);
  if (framed == Outcome::kOk) RoundTrip(beat);
  Beat accepted;
  const bool ok = DecodeBeat(bytes, Key(), accepted) == Outcome::kOk;
  Expect(ok == (framed == Outcome::kOk && VerifyMac(bytes, Key())));
  Answer answer;
  Expect(!ok || DecodeAnswer(bytes, Key(), answer) != Outcome::kOk);
  return 0;
}
