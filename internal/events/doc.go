// Package events is the language of the kernel's kprobe_events and
// uprobe_events files: one line in, a [Definition] or the kernel's own
// refusal out. It is pure; what a line needs from outside (symbol addresses,
// files) comes in through [Symbols] and [Files].
//
// The model is Linux 6.1 on x86 (SEMANTICS E1-E4, E6). A refusal carries the
// errno that write(2) returned and, where the kernel has one, the error_log
// text with its caret, byte for byte ([Error.LogText]).
//
// # Grammar
//
//	kprobe_events  p[:[GRP/][EVENT]] [MOD:]KSYM[+OFFS]|KADDR [FETCHARGS]
//	               r[MAXACTIVE][:[GRP/][EVENT]] [MOD:]KSYM[+0]|KADDR [FETCHARGS]
//	               p[:[GRP/][EVENT]] [MOD:]KSYM[+0]%return [FETCHARGS]
//	uprobe_events  p|r[:[GRP/][EVENT]] PATH:OFFSET[%return][(REFCTR)] [FETCHARGS]
//
//	FETCHARG   [NAME=]BODY[:TYPE]
//	BODY       %REG                          a register of struct pt_regs
//	           $stack  $stackN  $comm|$COMM  $retval  $argN
//	           @ADDR  @KSYM[+|-OFFS]  @+FILEOFFS
//	           +|-[u]OFFS(BODY)              memory at BODY plus or minus OFFS
//	           \IMM  \"STRING"
//	TYPE       u8 u16 u32 u64  s8 s16 s32 s64  x8 x16 x32 x64
//	           string  ustring  symbol  symstr  bWIDTH@OFFSET/CONTAINER
//	           and any of them as an array, TYPE[N]
//
// Numbers have C prefixes (0x, 0). Words are split at white space, without
// quoting, so an immediate string cannot hold a blank. GRP and EVENT may be
// joined by '.' as well as by '/'. What a line has left over is, in places,
// silently accepted by the kernel, and here too: "+0(%di)x", more than
// [MaxArgs] arguments.
//
// Sub-packages: fetch runs the arguments against a machine, tracefs is the
// control plane (the files, enabling, listings, profiles, trace text).
package events
