package linux

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/tty"
)

// Sessions and process groups on a terminal (drivers/tty/tty_jobctrl.c).

// leads reports whether p is the leader of its session.
func (p *Process) leads() bool { return p.sid == p.PID }

// control makes a terminal p's controlling terminal, and p's process group that in the foreground.
func (p *Process) control(to *tty.Pair) {
	to.Session, to.Group = p.sid, p.pgid
	p.tty, p.oldGroup = to, 0
}

// sendGroup sends a signal of the kernel's to a process group.
func (k *Kernel) sendGroup(group, signo int) {
	for _, p := range k.processes() {
		if group != 0 && p.pgid == group && !p.isZombie() {
			p.send(sigInfo{signo: signo, code: abi.SI_KERNEL})
		}
	}
}

// mayUse reports whether t's process may use its controlling terminal: one that is in the background is sent signo,
// SIGTTIN or SIGTTOU, and the call is made again (tty_check_change()). 0: it may.
func (k *Kernel) mayUse(t *Thread, p *tty.Pair, signo int) int64 {
	own := t.proc.pgid
	switch {
	case t.proc.tty != p || p.Group == 0 || p.Group == own:
		return 0
	case t.blocked.has(signo) || t.proc.sigs.act[signo].handler == abi.SIG_IGN:
		if signo == abi.SIGTTIN {
			return -EIO
		}
		return 0
	case k.orphaned(own, nil):
		return -EIO
	}
	k.sendGroup(own, signo)
	return restartSys
}

// orphaned reports whether no process of a group, but for one, has a parent in the session that is in another group: nobody
// is there to continue it (will_become_orphaned_pgrp()). A process that was started from outside has such a parent.
func (k *Kernel) orphaned(group int, but *Process) bool {
	for _, p := range k.processes() {
		if p.pgid != group || p == but || p.isZombie() {
			continue
		}
		if p.parent == nil || p.parent.pgid != group && p.parent.sid == p.sid {
			return false
		}
	}
	return true
}

// orphans hangs up on p's process group if it is stopped and became an orphan as one of its processes, but, ended or its
// parent did (kill_orphaned_pgrp()).
func (k *Kernel) orphans(p, parent, but *Process) {
	if parent == nil || parent.pgid == p.pgid || parent.sid != p.sid || !k.orphaned(p.pgid, but) {
		return
	}
	if slices.ContainsFunc(k.processes(), func(o *Process) bool { return o.pgid == p.pgid && o.isStopped() }) {
		k.sendGroup(p.pgid, abi.SIGHUP)
		k.sendGroup(p.pgid, abi.SIGCONT)
	}
}

// leaveTerminal takes a session's controlling terminal away from it: its leader ends, or says so (disassociate_ctty()).
func (k *Kernel) leaveTerminal(leader *Process, ends bool) {
	p := leader.tty
	if p == nil {
		if ends && leader.oldGroup != 0 {
			k.sendGroup(leader.oldGroup, abi.SIGHUP)
			k.sendGroup(leader.oldGroup, abi.SIGCONT)
			leader.oldGroup = 0
		}
		return
	}
	k.sendGroup(p.Group, abi.SIGHUP)
	if !ends {
		k.sendGroup(p.Group, abi.SIGCONT)
	}
	p.Session, p.Group = 0, 0
	for _, o := range k.processes() {
		if o.sid == leader.sid {
			o.tty = nil
		}
	}
}

// hangUp takes a terminal away whose master's end was closed (__tty_hangup()).
func (k *Kernel) hangUp(p *tty.Pair) {
	k.terminals = slices.DeleteFunc(slices.Clone(k.terminals), func(o *tty.Pair) bool { return o == p })
	p.Gone = true
	for _, o := range k.processes() {
		if p.Session == 0 || o.sid != p.Session {
			continue
		}
		if o.tty == p {
			o.tty = nil
		}
		if o.leads() && !o.isZombie() {
			o.send(sigInfo{signo: abi.SIGHUP, code: abi.SI_KERNEL})
			o.send(sigInfo{signo: abi.SIGCONT, code: abi.SI_KERNEL})
			o.oldGroup = p.Group
		}
	}
	p.Session, p.Group = 0, 0
	k.changed()
}
