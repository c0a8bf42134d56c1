#include "gordian/patterns/steward.h"

#include <optional>
#include <string>
#include <utility>

#include "gordian/internal/scheduler.h"
#include "gordian/patterns/heartbeat.h"
#include "gordian/select.h"
#include "gordian/time.h"

namespace gordian {
namespace {

// The ward in one of its lives.
class Life {
 public:
  Life(const Ward& ward, absl::Duration pulse, const std::source_location& at)
      : stop_(0, {}, at), beats_(ward(stop_, pulse)) {}

  const RecvChan<Unit>& beats() const { return beats_; }
  void Ended() { beats_ = {}; }  // and is silent from now on
  void Stop(const std::source_location& at) const { stop_.Close(at); }

 private:
  Chan<Unit> stop_;
  RecvChan<Unit> beats_;
};

struct Watch {
  Until until;
  absl::Duration timeout, pulse;
  Ward ward;
  Chan<Unit> beats;
  std::source_location at;

  void Run() const {
    const Ticker ticker(pulse, {}, at);
    const Timer silence(timeout, {}, at);
    Life life(ward, timeout / 2, at);
    for (bool on = true; on;) {
      Select(Recv(
                 ticker.C(), [&] { Beat(beats, at); }, at),
             Recv(
                 life.beats(),
                 [&](std::optional<Unit> beat) {
                   beat.has_value() ? static_cast<void>(silence.Reset(timeout, at)) : life.Ended();
                 },
                 at),
             Recv(
                 silence.C(),
                 [&] {
                   life.Stop(at);
                   life = Life(ward, timeout / 2, at);
                   silence.Reset(timeout, at);
                 },
                 at),
             Recv(until.Done(), [&] { on = false; }, at));
    }
    life.Stop(at);
    silence.Stop(at);
    ticker.Stop(at);
    beats.Close(at);
  }
};

}  // namespace

Ward Steward(absl::Duration timeout, Ward ward, std::string_view name,
             const std::source_location& at) {
  return [timeout, ward = std::move(ward), name = std::string(name), at](
             const Until& until, absl::Duration pulse) -> RecvChan<Unit> {
    const Chan<Unit> beats(0, name, at);
    const Watch watch{until, timeout, pulse, ward, beats, at};
    internal::Spawn([watch] { watch.Run(); }, name, at);
    return beats;
  };
}

}  // namespace gordian
