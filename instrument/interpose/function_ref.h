// A callable that is only borrowed: needs no memory, which a hook may not ask for at any time.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_FUNCTION_REF_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_FUNCTION_REF_H_

namespace gordian::interpose {

template <typename Signature>
class FunctionRef;

template <typename Result, typename... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <typename Callable>
  FunctionRef(const Callable& callable)  // NOLINT: implicit
      : callable_(&callable), call_([](const void* borrowed, Arguments... arguments) -> Result {
          return (*static_cast<const Callable*>(borrowed))(arguments...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(callable_, arguments...); }

 private:
  const void* callable_;
  Result (*call_)(const void*, Arguments...);
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_FUNCTION_REF_H_
