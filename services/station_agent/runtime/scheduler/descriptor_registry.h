#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_

#include <cstdint>

namespace understudy::station_agent::runtime {

class Manager;

// What all threads must agree on about descriptor numbers: how often each was given back (its
// generation; what managers cache about a number holds for one generation), and which managers
// watch it. All functions are thread-safe and cheap for descriptors that no manager ever used.
namespace descriptor_registry {

inline constexpr int kMaxManagers = 64;

// A number for a manager, or -1 when there are kMaxManagers.
int AddManager(Manager* manager);
void RemoveManager(int number);

uint32_t GenerationOf(int descriptor);
// Notes that the manager watches it. False for numbers beyond 16 million, which cannot be watched.
bool NoteWatch(int descriptor, int manager_number);

// To be called before `descriptor` is closed or replaced, by any thread: ends all watches, and
// wakes whoever waits on it with kClosed.
void Closing(int descriptor);
// For all from `first` to `last`.
void ClosingRange(unsigned first, unsigned last);

// File status flags and time-outs belong to the open file, which several descriptors may share: a
// change through one makes what is cached about all stale.
uint32_t SettingsGeneration();
void SettingsChanged();

// In a child process: nothing is watched there.
void AbandonAfterFork();

}  // namespace descriptor_registry
}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_
