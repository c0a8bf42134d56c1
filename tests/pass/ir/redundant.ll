; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false
; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false -gordian-redundant=false | OFF

declare void @unknown()
declare double @llvm.sqrt.f64(double)

; A write stands for the read before it.
; CHECK-LABEL: @increment
; CHECK-NOT: gordian_read
; CHECK: call void @gordian_write4(ptr %p)
; CHECK: ret void
; OFF-LABEL: @increment
; OFF: gordian_read4
; OFF: gordian_write4
define void @increment(ptr %p) {
  %before = load i32, ptr %p
  %after = add i32 %before, 1
  store i32 %after, ptr %p
  ret void
}

; A call may synchronise: both are told of.
; CHECK-LABEL: @around_a_call
; CHECK: call void @gordian_read4(ptr %p)
; CHECK: call void @gordian_write4(ptr %p)
define void @around_a_call(ptr %p) {
  %before = load i32, ptr %p
  call void @unknown()
  store i32 %before, ptr %p
  ret void
}

; So may an atomic operation.
; CHECK-LABEL: @around_an_atomic
; CHECK: call void @gordian_write4(ptr %p)
; CHECK: @__tsan_atomic32_store
; CHECK: call void @gordian_write4(ptr %p)
define void @around_an_atomic(ptr %p, ptr %a) {
  store i32 1, ptr %p
  store atomic i32 1, ptr %a release, align 4
  store i32 2, ptr %p
  ret void
}

; A read does not stand for a write.
; CHECK-LABEL: @reads_after_a_branch
; CHECK: call void @gordian_read8(ptr %p)
; CHECK: then:
; CHECK-NEXT: call void @gordian_write8(ptr %p)
; CHECK: else:
; CHECK-NOT: gordian_
; CHECK: ret void
define void @reads_after_a_branch(ptr %p, i1 %c) {
  %first = load i64, ptr %p
  br i1 %c, label %then, label %else
then:
  store i64 1, ptr %p
  br label %end
else:
  %again = load i64, ptr %p
  br label %end
end:
  %last = load i64, ptr %p
  ret void
}

; Written on both ways on: the read before them is stood for.
; CHECK-LABEL: @written_on_all_ways
; CHECK-NOT: gordian_read
; CHECK: ret void
define void @written_on_all_ways(ptr %p, i1 %c) {
  %first = load i64, ptr %p
  br i1 %c, label %then, label %else
then:
  store i64 1, ptr %p
  br label %end
else:
  store i64 2, ptr %p
  br label %end
end:
  ret void
}

; What comes behind a loop without an end stands for nothing: the loop never comes to it.
; CHECK-LABEL: @never_ends
; CHECK: call void @gordian_write4(ptr %p)
; CHECK: br i1
define void @never_ends(ptr %p, i1 %go) {
  store i32 1, ptr %p
  br i1 %go, label %on, label %spin
on:
  store i32 2, ptr %p
  ret void
spin:
  br label %spin
}

; What a loop without an end does itself stands for what came before.
; CHECK-LABEL: @polls
; CHECK: call void @gordian_read4
; CHECK-NOT: gordian_
define void @polls(ptr %p) {
  %first = load i32, ptr %p
  br label %spin
spin:
  %again = load volatile i32, ptr %p
  br label %spin
}

; The same name in each turn of a loop is another address.
; CHECK-LABEL: @list
; CHECK: loop:
; CHECK: call void @gordian_read8(ptr %node)
define i64 @list(ptr %head) {
entry:
  br label %loop
loop:
  %node = phi ptr [ %head, %entry ], [ %next, %loop ]
  %next = load ptr, ptr %node
  %end = icmp eq ptr %next, null
  br i1 %end, label %done, label %loop
done:
  ret i64 0
}

; Bytes beside each other are told of together, those within others not at all.
; CHECK-LABEL: @neighbours
; CHECK-COUNT-1: gordian_write
; CHECK-NOT: gordian_
; CHECK: ret void
define void @neighbours(ptr %p) {
  store i32 1, ptr %p
  %q = getelementptr inbounds i8, ptr %p, i64 4
  store i32 2, ptr %q
  %r = getelementptr inbounds i8, ptr %p, i64 2
  %inner = load i16, ptr %r
  ret void
}
