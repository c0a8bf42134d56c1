; RUN: -passes=gordian-mark,function(gordian-O0)

; A function that must not be optimised is instrumented all the same, without any step.
; CHECK-LABEL: @plain
; CHECK-NOT: gordian_filter
; CHECK: call void @gordian_read4(ptr %p)
; CHECK: call void @gordian_write4(ptr %p)
define void @plain(ptr %p) noinline optnone {
  %before = load i32, ptr %p
  store i32 %before, ptr %p
  ret void
}

; A call at the end stays a call, with a frame above it: that is how its place is known.
; CHECK: attributes {{.*}} "disable-tail-calls"="true"
