"use strict";
// Without scripts the link "To the quoted words" does the same.
document.getElementById("cited").scrollIntoView({ block: "center" });
