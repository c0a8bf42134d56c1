; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false
; RUN: -passes=gordian-mark,function(gordian) -gordian-filter=false -gordian-unshared=false | ALL

; Who has a function that is instrumented says so at its start.
; CHECK: @llvm.global_ctors = {{.*}} @gordian_init

@table = constant [4 x i32] [i32 1, i32 2, i32 3, i32 4]
@shared = global i32 0

; Nobody else can have the address of a local that does not leave the function.
; ALL-LABEL: @local_stays
; ALL: call void @gordian_write4(ptr %local)
; CHECK-LABEL: @local_stays
; CHECK-NOT: gordian_
; CHECK: ret i32
define i32 @local_stays(i32 %x) {
  %local = alloca i32
  store i32 %x, ptr %local
  %value = load i32, ptr %local
  ret i32 %value
}

declare void @keep(ptr)

; CHECK-LABEL: @local_escapes
; CHECK: call void @gordian_write4(ptr %local)
; CHECK: call void @gordian_read4(ptr %local)
define i32 @local_escapes(i32 %x) {
  %local = alloca i32
  store i32 %x, ptr %local
  call void @keep(ptr %local)
  %value = load i32, ptr %local
  ret i32 %value
}

; ALL-LABEL: @constant
; ALL: call void @gordian_read4(ptr %at)
; CHECK-LABEL: @constant
; CHECK-NOT: gordian_
; CHECK: ret i32
define i32 @constant(i64 %i) {
  %at = getelementptr inbounds [4 x i32], ptr @table, i64 0, i64 %i
  %value = load i32, ptr %at
  ret i32 %value
}

; The pointer to the virtual table is read, what the table holds is not.
; CHECK-LABEL: @virtual_call
; CHECK: call void @gordian_read8(ptr %object)
; CHECK-NOT: gordian_
; CHECK: ret void
define void @virtual_call(ptr %object) {
  %table = load ptr, ptr %object, !tbaa !0
  %function = load ptr, ptr %table
  call void %function(ptr %object)
  ret void
}

; A constructor may write the pointer that is there already.
; CHECK-LABEL: @constructor
; CHECK: call void @__tsan_vptr_update(ptr %object, ptr @table)
; CHECK-NOT: gordian_
; CHECK: ret void
define void @constructor(ptr %object) {
  store ptr @table, ptr %object, !tbaa !0
  ret void
}

; CHECK-LABEL: @asked_not_to
; CHECK-NOT: gordian_
; CHECK: ret void
define void @asked_not_to() disable_sanitizer_instrumentation {
  store i32 1, ptr @shared
  ret void
}

; Odd sizes are told of in pieces, copies of a few bytes as well.
; CHECK-LABEL: @pieces
; CHECK-DAG: call void @gordian_write8
; CHECK-DAG: call void @gordian_write4
; CHECK: call void @gordian_read16
; CHECK: ret void
define void @pieces(ptr %to, ptr %from) {
  store i96 0, ptr %to
  %local = alloca [16 x i8]
  call void @llvm.memcpy.p0.p0.i64(ptr %local, ptr %from, i64 16, i1 false)
  ret void
}

; CHECK-LABEL: @copies
; CHECK: call void @gordian_read_range(ptr %from, i64 %n, i64 %n, i64 1)
; CHECK: call void @gordian_write_range(ptr %to, i64 %n, i64 %n, i64 1)
define void @copies(ptr %to, ptr %from, i64 %n) {
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %n, i1 false)
  ret void
}

!0 = !{!1, !1, i64 0}
!1 = !{!"vtable pointer", !2}
!2 = !{!"Simple C++ TBAA"}
