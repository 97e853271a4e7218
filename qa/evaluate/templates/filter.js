"use strict";
for (const filter of document.querySelectorAll(".filter")) {
  filter.addEventListener("change", (event) => {
    for (const item of document.querySelectorAll(".case")) {
      item.hidden = event.target.value !== "" && item.dataset.kind !== event.target.value;
    }
  });
}
