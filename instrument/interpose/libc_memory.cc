// Functions of the C library that read and write the program's memory, told of as ranges.
//
// The linker turns the calls of instrumented code to them into these (--wrap, with the lists in
// tools/compiler): other code's calls go where they always went. What a call hands on is read
// before it, what it gets is written behind it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/memory_access.h"

namespace gordian::interpose {
namespace {

void Reads(Caller caller, const void* from, std::size_t bytes) {
  RecordBytes(caller, from, bytes, AccessKind::kRead);
}

void Writes(Caller caller, const void* to, std::size_t bytes) {
  RecordBytes(caller, to, bytes, AccessKind::kWrite);
}

void ReadsString(Caller caller, const char* text) { Reads(caller, text, strlen(text) + 1); }

// Of a call that returns how much it has got, or an error.
void WritesResult(Caller caller, const void* to, ssize_t got) {
  if (got > 0) Writes(caller, to, static_cast<std::size_t>(got));
}

// Up to the first difference, or the end of both.
template <typename Same>
void ReadsCompared(Caller caller, const char* one, const char* other, std::size_t most,
                   bool strings, Same same) {
  std::size_t bytes = 0;
  while (bytes < most) {
    const char a = one[bytes], b = other[bytes];
    ++bytes;
    if (!same(a, b) || (strings && a == '\0')) break;
  }
  Reads(caller, one, bytes);
  Reads(caller, other, bytes);
}

bool Same(char a, char b) { return a == b; }
bool SameLetter(char a, char b) { return strncasecmp(&a, &b, 1) == 0; }

// Up to what was found, or all of it.
void ReadsUpTo(Caller caller, const char* text, const char* found, std::size_t found_bytes) {
  if (found == nullptr) return ReadsString(caller, text);
  Reads(caller, text, static_cast<std::size_t>(found - text) + found_bytes);
}

// `bytes` of `from` go to `to`, which then ends there.
void Copies(Caller caller, char* to, const char* from, std::size_t bytes) {
  Reads(caller, from, bytes);
  Writes(caller, to, bytes);
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

// Memory.

GORDIAN_ENTRY void* __wrap_memcpy(void* to, const void* from, std::size_t bytes) {
  Reads(GORDIAN_CALLER(), from, bytes);
  Writes(GORDIAN_CALLER(), to, bytes);
  return memcpy(to, from, bytes);
}
GORDIAN_ENTRY void* __wrap_memmove(void* to, const void* from, std::size_t bytes) {
  Reads(GORDIAN_CALLER(), from, bytes);
  Writes(GORDIAN_CALLER(), to, bytes);
  return memmove(to, from, bytes);
}
GORDIAN_ENTRY void* __wrap_memset(void* to, int byte, std::size_t bytes) {
  Writes(GORDIAN_CALLER(), to, bytes);
  return memset(to, byte, bytes);
}
GORDIAN_ENTRY int __wrap_memcmp(const void* one, const void* other, std::size_t bytes) {
  ReadsCompared(GORDIAN_CALLER(), static_cast<const char*>(one), static_cast<const char*>(other),
                bytes, /*strings=*/false, Same);
  return memcmp(one, other, bytes);
}
GORDIAN_ENTRY int __wrap_bcmp(const void* one, const void* other, std::size_t bytes) {
  ReadsCompared(GORDIAN_CALLER(), static_cast<const char*>(one), static_cast<const char*>(other),
                bytes, /*strings=*/false, Same);
  return bcmp(one, other, bytes);
}
GORDIAN_ENTRY void* __wrap_memchr(const void* in, int byte, std::size_t bytes) {
  const void* found = memchr(in, byte, bytes);
  const auto* begin = static_cast<const char*>(in);
  Reads(GORDIAN_CALLER(), in,
        found == nullptr ? bytes
                         : static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1);
  return const_cast<void*>(found);
}

// Strings.

GORDIAN_ENTRY std::size_t __wrap_strlen(const char* text) {
  const std::size_t length = strlen(text);
  Reads(GORDIAN_CALLER(), text, length + 1);
  return length;
}
GORDIAN_ENTRY std::size_t __wrap_strnlen(const char* text, std::size_t most) {
  const std::size_t length = strnlen(text, most);
  Reads(GORDIAN_CALLER(), text, std::min(length + 1, most));
  return length;
}
GORDIAN_ENTRY int __wrap_strcmp(const char* one, const char* other) {
  ReadsCompared(GORDIAN_CALLER(), one, other, SIZE_MAX, /*strings=*/true, Same);
  return strcmp(one, other);
}
GORDIAN_ENTRY int __wrap_strncmp(const char* one, const char* other, std::size_t most) {
  ReadsCompared(GORDIAN_CALLER(), one, other, most, /*strings=*/true, Same);
  return strncmp(one, other, most);
}
GORDIAN_ENTRY int __wrap_strcasecmp(const char* one, const char* other) {
  ReadsCompared(GORDIAN_CALLER(), one, other, SIZE_MAX, /*strings=*/true, SameLetter);
  return strcasecmp(one, other);
}
GORDIAN_ENTRY int __wrap_strncasecmp(const char* one, const char* other, std::size_t most) {
  ReadsCompared(GORDIAN_CALLER(), one, other, most, /*strings=*/true, SameLetter);
  return strncasecmp(one, other, most);
}
GORDIAN_ENTRY char* __wrap_strcpy(char* to, const char* from) {
  Copies(GORDIAN_CALLER(), to, from, strlen(from) + 1);
  return strcpy(to, from);
}
GORDIAN_ENTRY char* __wrap_stpcpy(char* to, const char* from) {
  Copies(GORDIAN_CALLER(), to, from, strlen(from) + 1);
  return stpcpy(to, from);
}
// Fills up to the end.
GORDIAN_ENTRY char* __wrap_strncpy(char* to, const char* from, std::size_t bytes) {
  Reads(GORDIAN_CALLER(), from, std::min(strnlen(from, bytes) + 1, bytes));
  Writes(GORDIAN_CALLER(), to, bytes);
  return strncpy(to, from, bytes);
}
GORDIAN_ENTRY char* __wrap_strcat(char* to, const char* from) {
  ReadsString(GORDIAN_CALLER(), to);
  Copies(GORDIAN_CALLER(), to + strlen(to), from, strlen(from) + 1);
  return strcat(to, from);
}
GORDIAN_ENTRY char* __wrap_strncat(char* to, const char* from, std::size_t most) {
  const std::size_t length = strnlen(from, most);
  ReadsString(GORDIAN_CALLER(), to);
  Reads(GORDIAN_CALLER(), from, std::min(length + 1, most));
  Writes(GORDIAN_CALLER(), to + strlen(to), length + 1);
  return strncat(to, from, most);
}
GORDIAN_ENTRY char* __wrap_strchr(const char* text, int byte) {
  const char* found = strchr(text, byte);
  ReadsUpTo(GORDIAN_CALLER(), text, found, 1);
  return const_cast<char*>(found);
}
GORDIAN_ENTRY char* __wrap_strrchr(const char* text, int byte) {
  ReadsString(GORDIAN_CALLER(), text);
  return const_cast<char*>(strrchr(text, byte));
}
GORDIAN_ENTRY char* __wrap_strstr(const char* text, const char* part) {
  const char* found = strstr(text, part);
  ReadsString(GORDIAN_CALLER(), part);
  ReadsUpTo(GORDIAN_CALLER(), text, found, strlen(part));
  return const_cast<char*>(found);
}
GORDIAN_ENTRY char* __wrap_strdup(const char* text) {
  ReadsString(GORDIAN_CALLER(), text);
  return strdup(text);
}
GORDIAN_ENTRY char* __wrap_strndup(const char* text, std::size_t most) {
  Reads(GORDIAN_CALLER(), text, std::min(strnlen(text, most) + 1, most));
  return strndup(text, most);
}

// Files and sockets.

GORDIAN_ENTRY ssize_t __wrap_read(int file, void* to, std::size_t bytes) {
  const ssize_t got = read(file, to, bytes);
  WritesResult(GORDIAN_CALLER(), to, got);
  return got;
}
GORDIAN_ENTRY ssize_t __wrap_pread(int file, void* to, std::size_t bytes, off_t at) {
  const ssize_t got = pread(file, to, bytes, at);
  WritesResult(GORDIAN_CALLER(), to, got);
  return got;
}
GORDIAN_ENTRY ssize_t __wrap_write(int file, const void* from, std::size_t bytes) {
  Reads(GORDIAN_CALLER(), from, bytes);
  return write(file, from, bytes);
}
GORDIAN_ENTRY ssize_t __wrap_pwrite(int file, const void* from, std::size_t bytes, off_t at) {
  Reads(GORDIAN_CALLER(), from, bytes);
  return pwrite(file, from, bytes, at);
}
GORDIAN_ENTRY ssize_t __wrap_recv(int socket, void* to, std::size_t bytes, int flags) {
  const ssize_t got = recv(socket, to, bytes, flags);
  WritesResult(GORDIAN_CALLER(), to, got);
  return got;
}
GORDIAN_ENTRY ssize_t __wrap_recvfrom(int socket, void* to, std::size_t bytes, int flags,
                                      sockaddr* sender, socklen_t* length) {
  const ssize_t got = recvfrom(socket, to, bytes, flags, sender, length);
  WritesResult(GORDIAN_CALLER(), to, got);
  return got;
}
GORDIAN_ENTRY ssize_t __wrap_send(int socket, const void* from, std::size_t bytes, int flags) {
  Reads(GORDIAN_CALLER(), from, bytes);
  return send(socket, from, bytes, flags);
}
GORDIAN_ENTRY ssize_t __wrap_sendto(int socket, const void* from, std::size_t bytes, int flags,
                                    const sockaddr* receiver, socklen_t length) {
  Reads(GORDIAN_CALLER(), from, bytes);
  return sendto(socket, from, bytes, flags, receiver, length);
}
GORDIAN_ENTRY std::size_t __wrap_fread(void* to, std::size_t bytes, std::size_t count, FILE* file) {
  const std::size_t got = fread(to, bytes, count, file);
  Writes(GORDIAN_CALLER(), to, bytes * got);
  return got;
}
GORDIAN_ENTRY std::size_t __wrap_fwrite(const void* from, std::size_t bytes, std::size_t count,
                                        FILE* file) {
  Reads(GORDIAN_CALLER(), from, bytes * count);
  return fwrite(from, bytes, count, file);
}
GORDIAN_ENTRY char* __wrap_fgets(char* to, int most, FILE* file) {
  char* const got = fgets(to, most, file);
  if (got != nullptr) Writes(GORDIAN_CALLER(), to, strlen(to) + 1);
  return got;
}
GORDIAN_ENTRY ssize_t __wrap_getline(char** line, std::size_t* room, FILE* file) {
  const ssize_t got = getline(line, room, file);
  if (got < 0) return got;
  Writes(GORDIAN_CALLER(), line, sizeof *line);
  Writes(GORDIAN_CALLER(), room, sizeof *room);
  Writes(GORDIAN_CALLER(), *line, static_cast<std::size_t>(got) + 1);
  return got;
}
GORDIAN_ENTRY int __wrap_puts(const char* text) {
  ReadsString(GORDIAN_CALLER(), text);
  return puts(text);
}
GORDIAN_ENTRY int __wrap_fputs(const char* text, FILE* file) {
  ReadsString(GORDIAN_CALLER(), text);
  return fputs(text, file);
}
GORDIAN_ENTRY int __wrap_snprintf(char* to, std::size_t room, const char* format, ...) {
  va_list list;
  va_start(list, format);
  const int length = vsnprintf(to, room, format, list);
  va_end(list);
  if (length >= 0) Writes(GORDIAN_CALLER(), to, std::min<std::size_t>(length + 1, room));
  return length;
}

// The elements are moved by the C library; those that are compared are read by the program.
GORDIAN_ENTRY void __wrap_qsort(void* first, std::size_t count, std::size_t bytes,
                                int (*compare)(const void*, const void*)) {
  Writes(GORDIAN_CALLER(), first, count * bytes);
  qsort(first, count, bytes, compare);
}

}  // extern "C"
