/* bundle left out of the demonstration: nothing of this application can be read without a browser */
document.getElementById("root");
