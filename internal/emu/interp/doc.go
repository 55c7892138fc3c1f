// Package interp runs single x86 instructions of 32- and 64-bit code in plain Go: the integer, string, bit,
// BCD, stack, branch and x87 families. Package emu runs the rest, which touches privilege, descriptor tables,
// clocks or SSE.
//
// [Prepare] makes a decoded instruction an [Op], once; [Op.Run] runs it on the registers of a vCPU and on a
// [Memory] of the caller, which does segmentation, paging and permissions and may record the accesses. Of a
// repeated string instruction one Run is one iteration (P8). An instruction that does not end in [Done] has
// changed no register; what it stored before is for the caller to take back.
//
// Accesses come in the order and sizes in which libunicorn makes them, which recordings hold. Flags that the
// manual leaves undefined are as libunicorn leaves them, so that a block that the library has compiled ends in
// the same state; where the library was found to differ from processors in something defined, the processor's
// way is here. The single functions say what they leave in undefined flags.
//
// References are to the instruction's page in SDM vol. 2, chapters 3 to 5, by its name.
package interp
