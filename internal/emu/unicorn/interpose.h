// The library's own functions, as far as interpose.c and runner.c call them
// or stand in for them, and the offsets they use: those of version.h, and the
// ones that all known versions share. tl_runner_check verifies by running.
#ifndef TRAPLINE_INTERPOSE_H
#define TRAPLINE_INTERPOSE_H

#include <stdint.h>

typedef struct CPUState CPUState;
typedef struct CPUX86State CPUX86State;
typedef struct TCGContext TCGContext;
typedef struct TCGTemp TCGTemp;

// TranslationBlock as far as it is read.
typedef struct {
	uint64_t pc, cs_base;
	uint32_t flags;
	uint16_t size, icount;
} TranslationBlock;

typedef struct TCGOp {
	uint8_t opc;
	struct TCGOp *next, *prev;
	uint64_t args[3];
} TCGOp;

typedef struct {
	void (*init)(void *db, CPUState *cpu);
	void (*tb_start)(void *db, CPUState *cpu);
	void (*insn_start)(void *db, CPUState *cpu);
	void (*breakpoint_check)(void);
	void (*translate_insn)(void *db, CPUState *cpu);
	void (*rest[2])(void);
} TranslatorOps;

enum {
	TCG_EXIT_LABEL = 0x100, // TCGContext.exitreq_label
	TCG_TAIL = 0x7390,    // TCGContext.ops.tqh_last: &TCGOp.next of the last one
	TCG_ENV = 0x98f0,     // TCGContext.cpu_env, relative to the context
	ENV_EIP = 0x80,       // CPUX86State.eip
	CPU_BUDGET = 0x28,    // CPUState.icount_budget, unused by the library
	CPU_EXTRA = 0x30,     // CPUState.icount_extra, unused by the library
	DC_REPZ_OPT = 0x9c,   // DisasContext.repz_opt
};

// Operations of the intermediate code.
enum {
	OP_MOVI_I32 = 6,
	OP_LD_I32 = 13,
	OP_ST_I32 = 16,
	OP_SUB_I32 = 18,
	OP_ST_I64 = 77,
	OP_GUEST_FIRST = 0x85, // qemu_ld_i32, qemu_st_i32, qemu_ld_i64, qemu_st_i64
	OP_GUEST_LD_I64 = 0x87,
	OP_GUEST_ST_I64 = 0x88,
	OP_GUEST_LAST = 0x88,
	COND_LT = 2,
};

// The CPL in TranslationBlock.flags, and the places of its mappings: a guest
// access's third argument has one of them in its lowest bits. A byte without
// further demands has no other bits.
enum { FLAGS_CPL = 3, MMU_USER = 1, MMU_KERNEL = 2 };

// The alignment that a guest access demands, in its third argument.
enum { OI_ALIGN = 0x70 << 4, OI_ALIGN_16 = 0x40 << 4 };

bool cpu_restore_state_x86_64(CPUState *cpu, uintptr_t host_pc, bool will_exit);
void cpu_loop_exit_x86_64(CPUState *cpu) __attribute__((noreturn));
void tlb_set_dirty_x86_64(CPUState *cpu, uint64_t vaddr);
void tlb_flush_x86_64(CPUState *cpu);
TCGTemp *tcg_temp_new_internal_x86_64(TCGContext *s, int type, bool local);
void tcg_temp_free_internal_x86_64(TCGContext *s, TCGTemp *t);
TCGOp *tcg_emit_op_x86_64(TCGContext *s, int op);
TCGOp *tcg_op_insert_before_x86_64(TCGContext *s, TCGOp *before, int op);
TCGOp *tcg_op_insert_after_x86_64(TCGContext *s, TCGOp *after, int op);
void tcg_gen_op3_x86_64(TCGContext *s, int op, uintptr_t a, uintptr_t b, uintptr_t c);
void tcg_gen_brcondi_i32_x86_64(TCGContext *s, int cond, uintptr_t arg, int32_t v, void *label);

#endif
