// The two files of a link in /dev/shm: the segment of the link's name, and beside it the agent's
// bell, <name>.bell, a FIFO. It carries nothing: whoever has news for the agent writes a byte, and
// the agent, which waits for it together with other descriptors, empties it and looks.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_FILES_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_FILES_H_

#include <sys/stat.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Tells a file from a later one of the same name.
typedef struct station_link_file {
  dev_t device;
  ino_t inode;
} station_link_file;

station_link_file station_link_file_of(const struct stat* info);

// 1 while the link's name leads to that segment; then `*info` says what it is like.
int station_link_leads_to_segment(const char* name, const station_link_file* segment,
                                  struct stat* info);
// 1 while the name beside it leads to that FIFO.
int station_link_leads_to_bell(const char* name, const station_link_file* bell);

// Lets the user alone read and write the open file, and `group`, too, unless that is (gid_t)-1.
int station_link_share(int fd, gid_t group);

// The agent's, while it holds the lock of the segment that the name leads to: makes a bell for this
// user alone, in the place of any file of this user's. Returns a descriptor, or
//   -EPERM  what is in its place belongs to another user
//   -errno  the system refused
int station_link_make_bell(const char* name, station_link_file* bell);

// Opens the bell. Returns a descriptor, which keeps it alive and is never at an end, or
//   -ENOENT  it is not there, or something else is, or it does not belong to `owner`
//   -errno   the system refused
int station_link_open_bell(const char* name, const station_link_file* bell, uid_t owner);

// Removes whatever of this user's is in the bell's place. Returns 0, also when there is nothing,
// or as station_link_make_bell.
int station_link_remove_bell(const char* name);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_FILES_H_
