package explore

import "trapline/emu/sched"

// livelock looks, once all states are known, for one from which no end can be
// reached: the run can only go round for ever, whatever the schedule.
func (r *round) livelock() {
	list := r.visited.list
	back := make([][]uint32, len(list))
	for _, e := range r.edges {
		back[e[1]] = append(back[e[1]], e[0])
	}
	good := make([]bool, len(list))
	var todo []uint32
	for i, n := range list {
		if n.live&^n.blocked == 0 {
			good[i] = true
			todo = append(todo, uint32(i))
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, j := range back[i] {
			if !good[j] {
				good[j] = true
				todo = append(todo, j)
			}
		}
	}
	for i, n := range list {
		if good[i] {
			continue
		}
		s := n.schedule()
		if r.found == nil || sched.Compare(s, r.found.Schedule) < 0 {
			r.found = &Found{Violation{Property: NoLivelock, Actor: -1, What: "from here on no vCPU's work can ever end, whatever the schedule"}, s}
		}
	}
}
