// How a process comes to be recorded, and how its recording ends.
//
// A constructor runs before the program's own and looks at the environment: under
// `gordian run` it fetches a region from the supervisor; alone, with
// GORDIAN_OPTIONS=trace=FILE, it records into FILE; otherwise nothing is recorded. The preloaded
// recorder is there to record: alone, it has a companion that does what `gordian run` would. A
// forked child starts a trace of its own (`fork=off`: it records nothing), an exec'd
// program comes through the constructor like any other. A child of vfork shares its
// parent's memory and records into its parent's trace until it execs.
//
// A process is recorded once. A program that brings a recorder (it was built with the library) says
// so in an ELF note, and the preloaded one stands aside; a library with a recorder that is opened
// later finds the preloaded one at work, and leaves it to that.
//
// Limits    a program with more privileges than its caller (setuid) is not recorded.
#ifndef GORDIAN_INSTRUMENT_RECORDER_ATTACH_H_
#define GORDIAN_INSTRUMENT_RECORDER_ATTACH_H_

#include <optional>
#include <string>
#include <string_view>

#include "instrument/trace/event.h"

namespace gordian::recorder {

// The owner of the note, and the function by which the preloaded recorder tells that it records.
inline constexpr char kNoteOwner[] = "Gordian";
inline constexpr char kPreloadRecords[] = "gordian_preload_records";

// Another recorder in this process records: this one never attaches. Called before it would.
void StandAside();

// Whether `gordian run` watches this process: it reports, so the process does not.
bool Supervised();

// `settled` says that no task is about to finish any more. At its end the process
// waits for that, up to the option leak_grace_exit. It must be callable during exit.
void SetSettled(bool (*settled)());

// Waits for that now, where this process is recorded.
void AwaitSettled();

// Tells the supervisor whether anything that the caller knows of can still happen. Only a
// process that stands still is looked at as hanging.
void ReportMotion(bool stands_still);

// Tells the supervisor that this process ends its own tests where they hang: it is told of that
// and given time, instead of being ended.
void EndOwnTests();

// Says a text of whole lines to whoever sits at the program, on stderr. The supervisor, where there
// is one, puts functions and lines in the place of "/path/of/module+0x1234". Takes no memory.
void Say(std::string_view text);

// Tells the supervisor whether SIGQUIT is handled, and by the recorder.
void TellQuitIsOurs(bool ours);

// Why the supervisor says that this process hangs, once; empty where it has not said so.
std::string TakeHang();

// From here on this process, where nobody watches it, has a companion that does (companion.h).
// Called before it would be attached.
void ReportAlone();

// The status that its companion says a process should end with: `own` where all is well, and before
// the recording has ended.
int StatusToEndWith(int own);
// The same for a process that hangs; nothing where it does not.
std::optional<int> StatusOfHang();

// Writes `process-end` and stops recording; the first call counts. Called by itself at exit.
// Whoever ends the process by other means (a report, a panic) calls it before.
void EndProcess(trace::ProcessEndReason how);

// The same for a process that leaves without waiting for anything (_exit). A child of vfork that
// calls it ends nothing: the recording is its parent's.
void EndProcessAtOnce();

// There is no memory to go on recording with: nothing more is recorded. The trace ends like that
// of a program that was killed. Takes no memory.
void BreakOff();

namespace internal {
// Recorder.cc refers to it, so that a static link keeps the constructor.
void AttachAtStart();
}  // namespace internal

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_ATTACH_H_
