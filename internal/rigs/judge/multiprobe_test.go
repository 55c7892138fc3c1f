package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

const (
	registerMulti   = "kernel REGISTER_MULTI, "
	unregisterMulti = "kernel UNREGISTER_MULTI, "
)

// counting are handlers of probes 0 to 2.
const counting = `
pre0:	COUNT 0
	ret
post0:	COUNT 1
	ret
fault0:	COUNT 2
	ret
pre1:	COUNT 3
	ret
post1:	COUNT 4
	ret
fault1:	COUNT 5
	ret
pre2:	COUNT 6
	ret
post2:	COUNT 7
	ret
fault2:	COUNT 8
	ret
`

var multiprobes = []situation{
	{name: "one", text: "main: m0: " + add + "ret\n"},
	{name: "one with all handlers", text: "main: m0: " + add + "ret\n" + counting},
	{name: "two at an address", text: "main: m0: m1: " + add + "ret\n" + counting},
	{name: "three at an address", text: "main: m0: m1: m2: " + add + "ret\n" + counting},
	{name: "three at an address, hit twice", text: "main: call 1f\n1: m0: m1: m2: " + add + "ret\n" + counting},
	{name: "two at two addresses", text: "main: m0: m1: " + add + "m2: m3: incl %ebx\nret\n" + counting},
	{name: "handlers that are not there", noPre: true, text: "main: m0: m1: m2: " + add + "ret\npre0: COUNT 0\nret\npost1: COUNT 1\nret\n"},
	{name: "a pre-handler's answer is dropped", text: "main: m0: m1: " + add + "ret\npre0: movl $1,%eax\nret\npre1: movl $1,%eax\nret\n"},
	{name: "a plain one beside", text: "main: m0: " + add + "p1: incl %ebx\nret\n" + counting},
	{name: "registering", text: "main: " + registerMulti + "MULTI0\nn0: " + add + "ret\n" + counting},
	{name: "registering a second one", text: "main: " + registerMulti + "MULTI1\nm0: n1: " + add + "ret\n" + counting},
	{name: "registering where a plain one is", text: "main: " + registerMulti + "MULTI1\np0: n1: " + add + "ret\n" + counting},
	{name: "registering a plain one where one is", text: "main: kernel REGISTER, PROBE1\nm0: s1: " + add + "ret\n" + counting},
	{name: "unregistering the only one", text: "main: " + unregisterMulti + "MULTI0\nm0: " + add + "ret\n" + counting},
	{name: "unregistering the newest", text: "main: " + unregisterMulti + "MULTI2\nm0: m1: m2: " + add + "ret\n" + counting},
	{name: "unregistering the middle one", text: "main: " + unregisterMulti + "MULTI1\nm0: m1: m2: " + add + "ret\n" + counting},
	{name: "unregistering the oldest", text: "main: " + unregisterMulti + "MULTI0\nm0: m1: m2: " + add + "ret\n" + counting},
	{name: "unregistering all", text: "main: " + unregisterMulti + "MULTI1\n" + unregisterMulti + "MULTI0\n" + unregisterMulti + "MULTI2\nm0: m1: m2: " + add + "ret\n"},
	{name: "unregistering and registering", text: "main: " + unregisterMulti + "MULTI0\n" + registerMulti + "MULTI0\nm0: m1: " + add + "ret\n" + counting},
	{name: "the last out, and in again", text: "main: " + unregisterMulti + "MULTI0\n" + registerMulti + "MULTI0\nm0: " + add + "ret\n" + counting},
	{name: "the last out, and another in elsewhere", text: "main: " + unregisterMulti + "MULTI0\n" + registerMulti + "MULTI1\nm0: " + add + "n1: incl %ebx\nret\n" + counting},
	{name: "the last out, and a plain one in", text: "main: " + unregisterMulti + "MULTI0\nkernel REGISTER, PROBE1\nm0: s1: " + add + "ret\n" + counting},
	{name: "unregistering where nothing is", text: "main: " + unregisterMulti + "MULTI0\nn0: " + add + "ret\n"},
	{name: "unregistering where a plain one is", text: "main: " + unregisterMulti + "MULTI1\np0: n1: " + add + "ret\n"},
	{name: "unregistering one that is not linked", text: "main: " + unregisterMulti + "MULTI1\nm0: n1: " + add + "ret\n"},
	{name: "unregistering twice", text: "main: " + unregisterMulti + "MULTI1\n" + unregisterMulti + "MULTI1\nm0: m1: " + add + "ret\n"},
	{name: "unregistering the only one twice", text: "main: " + unregisterMulti + "MULTI0\n" + unregisterMulti + "MULTI0\nm0: " + add + "ret\n"},
	{name: "registering twice", text: "main: " + registerMulti + "MULTI0\nm0: " + add + "ret\n" + counting},
	{name: "registering twice, an older one there", text: "main: " + registerMulti + "MULTI0\nm0: m1: " + add + "ret\n" + counting},
	{name: "registering with interrupts off", text: "main: cli\n" + registerMulti + "MULTI0\npushf\npopl %ebx\nn0: " + add + "ret\n"},
	{name: "registering in vain with interrupts off", text: "main: cli\n" + registerMulti + "MULTI1\npushf\npopl %ebx\np0: n1: " + add + "ret\n"},
	{name: "unregistering with interrupts off", text: "main: cli\n" + unregisterMulti + "MULTI0\npushf\npopl %ebx\nm0: " + add + "ret\n"},
	{name: "registering, and an interrupt waits", raise: map[string]x86.Vector{"call": 0x20}, text: "main: cli\ncall: " + registerMulti + "MULTI0\nn0: " + add + "ret\n"},
	{name: "a fault for ever", text: "main: m0: movl LAZY,%eax\nret\n"},
	{name: "a fault for ever, handlers decline", text: "main: m0: m1: movl LAZY,%eax\nret\nfault0: xorl %eax,%eax\nret\nfault1: xorl %eax,%eax\nret\n"},
	{name: "a fault that one of two handlers mends", text: `
main:	movl $ABSENT,%esi
m0:	m1: movl (%esi),%eax
	ret
fault0:	movl 8(%esp),%ecx
	movl $DATA,R_ESI(%ecx)
	xorl %eax,%eax
	ret
fault1:	xorl %eax,%eax
	ret`},
	{name: "a fault in a pre-handler", text: "main: m0: " + add + "ret\npre0: movl LAZY,%eax\nret\n"},
	{name: "a fault in a post-handler", text: "main: m0: " + add + "ret\npost0: movl LAZY,%eax\nret\n"},
	{name: "a hit of a plain probe in a pre-handler", text: "main: m0: " + add + "ret\npre0: p1: nop\nret\n"},
	{name: "a hit of another in a pre-handler", text: "main: m0: " + add + "ret\npre0: m1: nop\nret\n"},
	{name: "a hit of another in a post-handler", text: "main: m0: " + add + "ret\npost0: m1: nop\nret\n"},
	{name: "a handler registers another", text: "main: m0: n1: " + add + "ret\npre0: " + registerMulti + "MULTI1\nret\n"},
	{name: "a handler unregisters itself", text: "main: m0: " + add + "ret\npre0: " + unregisterMulti + "MULTI0\nret\n"},
	{name: "handlers change registers", text: "main: m0: m1: " + add + "ret\npre0: movl 8(%esp),%ecx\nincl R_EAX(%ecx)\nret\npre1: movl 8(%esp),%ecx\nmovl $40,R_EAX(%ecx)\nret\npost0: movl 8(%esp),%ecx\naddl $100,R_EAX(%ecx)\nret\n"},
	{name: "pushf", text: "main: m0: pushf\npopl %ebx\nret\n"},
	{name: "popf that turns interrupts off", text: "main: pushl $2\nm0: popf\npushf\npopl %ebx\nret\n"},
	{name: "a call", text: "main: m0: call 1f\nret\n1: incl %eax\nret\n"},
	{name: "a return", text: "main: incl %eax\nm0: m1: ret\n"},
	{name: "an interrupt during the hit", during: map[x86.Vector]x86.Vector{3: 0x20}, text: "main: m0: m1: " + add + "incl %ebx\nret\n" + counting},
	{name: "an NMI in a handler", raise: map[string]x86.Vector{"pre0": 2}, text: "main: m0: m1: " + add + "ret\n" + counting},
	{name: "ring 3", text: ".data\nuser: m0: m1: " + add + "EXIT\n.text\n" + counting},
	{name: "a fault for ever in ring 3", text: ".data\nuser: m0: movl USER_LAZY,%eax\nEXIT\n"},
}

// ours2005 are the texts of engine 2005.
func ours2005() []text {
	return []text{ourText("2005", false), ourText("2005", true)}
}

// TestMultiprobes: the seed's multiprobe on the engine's kprobes shows what the
// engine's own does.
func TestMultiprobes(t *testing.T) {
	seed := seed2005(t)
	for _, o := range optimisations {
		img, err := seed.image(o)
		require.NoError(t, err)
		judge := multiText("seed "+o, img)
		for _, sit := range multiprobes {
			t.Run(o+" "+sit.name, func(t *testing.T) {
				p, err := assemble(sit.name, sit.text, sit.noPre)
				require.NoError(t, err)
				want, err := watched(judge, p, &sit)
				require.NoError(t, err)
				for _, x := range ours2005() {
					got, err := watched(x, p, &sit)
					require.NoError(t, err)
					assert.Empty(t, difference(want.lines, got.lines), x.name)
				}
			})
		}
	}
}

var mutations2005 = []mutation{
	{"the fault handler answers 0", "comm_fault_handler", `return 1`, 0, "return 0"},
	{"the fault handlers are not called", "comm_fault_handler", `mp->kp.fault_handler\([^;]*;`, 0, ";"},
	{"the pre-handler answers 1", "comm_pre_handler", `return 0`, 0, "return 1"},
	{"pre-handlers are not looked at", "comm_pre_handler", `if \([^)]*\)`, 0, ""},
	{"post-handlers run while hits are locked out", "comm_post_handler", `read_unlock[^;]*;`, 0, ";"},
	{"post-handlers are called as pre-handlers", "comm_post_handler", `post_handler`, 1, "pre_handler"},
	{"the list is not locked", "comm_pre_handler", `read_lock[^;]*;`, 0, ";"},
	{"a plain probe is taken for an active one", "register_multiprobe", `!= comm_pre_handler`, 0, "== comm_pre_handler"},
	{"no fault handler", "register_multiprobe", `ap->comm_probe.fault_handler =[^;]*;`, 0, ";"},
	{"the multiprobe is not linked", "register_multiprobe", `hlist_add_head[^;]*;`, 0, ";"},
	{"the error is another", "register_multiprobe", `-EEXIST`, 0, "-ENOMEM"},
	{"the lock is kept", "register_multiprobe", `write_unlock_irq[^;]*;`, 0, ";"},
	{"the multiprobe stays linked", "unregister_multiprobe", `hlist_del[^;]*;`, 0, ";"},
	{"who is not the last takes the active probe away", "unregister_multiprobe", `if \(hlist_empty\([^)]*\)\)`, 0, ""},
	{"the active probe stays", "unregister_multiprobe", `unregister_kprobe[^;]*;`, 0, ";"},
	{"the active probe is not freed", "unregister_multiprobe", `kfree[^;]*;`, 0, ";"},
	{"unregistering in vain says nothing", "unregister_multiprobe", `ret = -EEXIST;`, 0, ";"},
}

func TestMutations2005(t *testing.T) {
	seed := seed2005(t)
	notice := noticing(t, ourText("2005", false), multiprobes)
	for _, m := range mutations2005 {
		t.Run(m.name, func(t *testing.T) {
			img, err := seed.apply(t, m).image("-Og")
			require.NoError(t, err)
			notice(t, multiText("mutated", img))
		})
	}
}

var stage2005 = stage{interrupted: 4, disturbing: 4, noNMI: "hits twice", shared: `
f0:	m0: n1: movb $0x40,%al
	ret
f2:	n2: s3: n6: movl $0x90909090,%eax
	ret
f4:	p4: incl %eax
	ret
f5:	m5: incl %eax
	ret
pre0:	COUNT 0
	ret
post0:	COUNT 1
	ret
pre1:	COUNT 2
	ret
pre2:	COUNT 3
	ret
post2:	COUNT 4
	ret
pre3:	COUNT 5
	ret
pre4:	COUNT 6
	ret
pre5:	jmp f4
pre6:	COUNT 7
	ret
`, parts: []part{
	{name: "hits", code: "call f0\nret\n"},
	{name: "hits twice", code: "call f0\ncall f0\nret\n"},
	{name: "hits inside a hit", code: "call f5\nret\n"},
	{name: "registers a second one", code: registerMulti + "MULTI1\nret\n"},
	{name: "unregisters", code: unregisterMulti + "MULTI0\nret\n"},
	{name: "unregisters and registers", code: unregisterMulti + "MULTI0\n" + registerMulti + "MULTI0\nret\n"},
	{name: "registers a second one and unregisters it", code: registerMulti + "MULTI1\n" + unregisterMulti + "MULTI1\nret\n"},
	{name: "registers elsewhere", code: registerMulti + "MULTI2\nret\n"},
	{name: "registers a plain one elsewhere", code: "kernel REGISTER, PROBE3\nret\n"},
	{name: "runs elsewhere", code: "call f2\nret\n"},
	{name: "registers elsewhere and hits", code: registerMulti + "MULTI6\ncall f2\nret\n", alone: true},
	{name: "hits a plain one", code: "call f4\nret\n"},
	{name: "unregisters a plain one", code: "kernel UNREGISTER, PROBE4\nret\n"},
	{name: "has an int 3 in ring 3", code: ".byte 0xcd,3\nEXIT\n", ring: 3},
}}

func texts2005(t *testing.T) []text {
	seed := seed2005(t)
	texts := ours2005()
	for _, o := range optimisations {
		img, err := seed.image(o)
		require.NoError(t, err)
		texts = append(texts, multiText("seed "+o, img))
	}
	return texts
}

func TestOutcomes2005(t *testing.T) { stage2005.compare(t, texts2005(t)) }

func TestLivelocks2005(t *testing.T) {
	neverEnds(t, "a fault under a multiprobe", "main: m0: movl LAZY,%eax\nret\nmain1: incl %eax\nret\n", texts2005(t))
}

// racing2005 are changes that only another vCPU can notice.
var racing2005 = []mutation{
	{"registering does not lock the lists", "register_multiprobe", `write_lock_irq[^;]*;`, 0, ";"},
	{"unregistering does not lock the lists", "unregister_multiprobe", `write_lock_irq[^;]*;`, 0, ";"},
	{"unregistering looks the address up without the lock", "unregister_multiprobe", `spin_(un)?lock_irq\w+\([^;]*;`, every, ";"},
	{"registering looks the address up without the lock", "register_multiprobe", `spin_(un)?lock_irq\w+\([^;]*;`, every, ";"},
}

func TestOutcomesNoticeMutations2005(t *testing.T) {
	seed := seed2005(t)
	for _, m := range racing2005 {
		t.Run(m.name, func(t *testing.T) {
			img, err := seed.apply(t, m).image("-Og")
			require.NoError(t, err)
			stage2005.notice(t, ourText("2005", true), multiText("mutated", img))
		})
	}
}
