// One frame of a place in the program, and what reports and fingerprints make of it.
//
// A site has one frame (a source location) or several (a stack: inlined callees before
// the functions they were inlined into, innermost first). Names come as compilers and
// demanglers write them; the functions here turn them into what a person would say.
// Locking: none needed, these are values. Cost: a few passes over the name.
#ifndef GORDIAN_DETECTOR_SYMBOLS_FRAME_H_
#define GORDIAN_DETECTOR_SYMBOLS_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gordian::detector {

struct Frame {
  std::string function;  // as the compiler or the demangler wrote it; may be empty
  std::string file;      // a path; "libfoo.so+0x1f0" where there is no line
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool inlined = false;  // into the frame that follows

  bool operator==(const Frame&) const = default;
};

// "void bank::Transfer(Account &, int)" → "bank::Transfer": no return type, parameters or
// template arguments; a lambda becomes "f::(lambda)" whatever its line or number.
std::string FunctionName(std::string_view function);

// "bank::(anonymous namespace)::total (.0)" → "bank::total": a part that the optimiser has made of
// a variable is called as the whole.
std::string VariableName(std::string_view variable);

// "/src/bank/bank.cc" → "bank.cc"; "libfoo.so+0x1f0" → "libfoo.so".
std::string_view BaseName(std::string_view file);

// Whether the frame belongs to the standard library, the system or Gordian itself, and so is
// not where a person would look first.
bool IsPlumbing(const Frame& frame);

// The frame to show: the first that is no plumbing, else the first with a line, else the
// first. Nothing only where there are no frames.
const Frame* Shown(std::span<const Frame> frames);

// The payload of a `site-frames` record and back (instrument/trace/FORMAT.md). Decoding
// ignores frames it cannot read: names are a courtesy, not a verdict.
std::string EncodeFrames(std::span<const Frame> frames);
std::vector<Frame> DecodeFrames(std::string_view text);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_SYMBOLS_FRAME_H_
