package story

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Opcodes of the software interrupts that have a vector of their own.
const (
	opINTO = 0xce
	opINT1 = 0xf1
)

// whyVector says what raised the vector and, by its class, where the saved
// instruction pointer is (SDM vol. 3, table 6-1 and 6.5).
func (n *Names) whyVector(d *emu.Delivery) []Reason {
	t := &d.Trap
	switch {
	case t.Kind == emu.Exception && t.Vector == x86.VecDB:
		return whyDebug(d)
	case t.Kind == emu.Exception && t.Vector == x86.VecPF:
		return []Reason{{whyPageFault(n, t), "P11"}}
	case t.Kind == emu.Exception:
		return whyClass(d)
	case t.Kind == emu.SoftwareInt && t.Vector == x86.VecBP && t.Op == x86.Int3:
		return []Reason{{"int3 is a trap: the saved instruction pointer is behind the cc byte", "P1"}}
	case t.Kind == emu.SoftwareInt && t.Vector == x86.VecBP:
		return []Reason{{"int $3 as cd 03 is two bytes: the saved instruction pointer minus one is its second byte", "P1"}}
	case t.Kind == emu.SoftwareInt && t.Op == opINTO:
		return []Reason{{"into is a trap: the saved instruction pointer is behind it", "P11"}}
	case t.Kind == emu.PrivSoftInt && t.Op == opINT1:
		return []Reason{{"int1 is a trap: the saved instruction pointer is behind the f1 byte", "P12"}}
	}
	return nil
}

func whyClass(d *emu.Delivery) []Reason {
	k := d.Trap.Vector.Kind()
	switch {
	case k == x86.Abort:
		return []Reason{{"an abort: no saved instruction pointer can be relied on, and the interrupted code cannot be restarted", "P4"}}
	case d.Shutdown != "": // nothing is saved
		return nil
	case k == x86.Fault && d.Between && len(d.Nested) > 0:
		return []Reason{{"a fault met while another event was delivered: the saved instruction pointer is that event's", "P4"}}
	case k == x86.Fault:
		return []Reason{{"a fault: the saved instruction pointer is at the instruction, which can be retried", "P11"}}
	case k == x86.Trap:
		return []Reason{{"a trap: the saved instruction pointer is behind the instruction", "P11"}}
	}
	return nil
}

// whyDebug: #DB is a fault or a trap, by what raised it (SDM vol. 3, table 17-2).
func whyDebug(d *emu.Delivery) []Reason {
	var l []Reason
	dr6 := d.Trap.DR6
	if dr6&emu.DR6BS != 0 {
		l = append(l, Reason{"TF was on before that instruction: a single-step trap after it", "P6"})
	}
	switch {
	case dr6&emu.DR6BD != 0:
		l = append(l, Reason{"DR7.GD guards the debug registers: a fault, before the instruction that would use one", "P12"})
	case dr6&emu.DR6BT != 0:
		l = append(l, Reason{"the T bit of the new task's TSS is set: a trap, before the task's first instruction", "P12"})
	case dr6&emu.DR6B != 0 && d.Between:
		l = append(l, Reason{"a debug register matched an access: a trap, after the instruction that made it", "P12"})
	case dr6&emu.DR6B != 0:
		l = append(l, Reason{"a debug register matched the instruction's address: a fault, before it runs", "P12"})
	}
	return l
}
