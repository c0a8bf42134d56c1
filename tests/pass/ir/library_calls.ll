; RUN: -passes=gordian-mark,function(gordian)
target triple = "x86_64-pc-linux-gnu"

declare i32 @memcmp(ptr, ptr, i64)

; It would become two loads behind our back.
; CHECK-LABEL: @compare
; CHECK: call i32 @memcmp(ptr %a, ptr %b, i64 4) #[[STAYS:[0-9]+]]
; CHECK: attributes #[[STAYS]] = { nobuiltin }
define i32 @compare(ptr %a, ptr %b) {
  %r = call i32 @memcmp(ptr %a, ptr %b, i64 4)
  ret i32 %r
}
